//! The C libraries inside the programs, with their versions.
#![expect(unsafe_code, reason = "each call into a C library states why it is sound")]

use std::ffi::c_char;

use rdkafka::bindings as sys;

use crate::native::words;

unsafe extern "C" {
    /// Of the copy of lz4 that is a part of librdkafka.
    fn LZ4_versionString() -> *const c_char;
}

/// Name and version of each C library that is linked into this program, as it says itself.
pub fn c_libraries() -> Vec<(&'static str, String)> {
    let libraries = [
        // SAFETY: these return texts that are constant and end with NUL.
        ("librdkafka", unsafe { sys::rd_kafka_version_str() }),
        #[cfg(feature = "tls")]
        // SAFETY: as above.
        ("OpenSSL", unsafe { openssl_sys::OpenSSL_version(openssl_sys::OPENSSL_VERSION) }),
        // SAFETY: as above.
        ("zlib", unsafe { libz_sys::zlibVersion() }),
        // SAFETY: as above.
        ("zstd", unsafe { zstd_sys::ZSTD_versionString() }),
        // SAFETY: as above.
        ("lz4", unsafe { LZ4_versionString() }),
    ];
    libraries
        .into_iter()
        // SAFETY: as above; the texts are copied.
        .map(|(name, version)| (name, unsafe { words(version) }))
        // OpenSSL names itself once more, and adds its date.
        .map(|(name, version)| {
            let version = version.strip_prefix(name).unwrap_or(&version).trim();
            (name, version.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_library_tells_its_version() {
        let libraries = c_libraries();
        let names: Vec<_> = libraries.iter().map(|(name, _)| *name).collect();
        for name in ["librdkafka", "zlib", "zstd", "lz4"] {
            assert!(names.contains(&name), "{names:?}");
        }
        for (name, version) in libraries {
            assert!(version.starts_with(|first: char| first.is_ascii_digit()), "{name}: {version}");
        }
    }
}
