//! SHA-256 of files, as `sha256sum -c` reads it.

use std::fmt;
use std::fs;

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::tree::File;

/// A line for each file.
pub(crate) struct Sums(Vec<(String, String)>);

impl Sums {
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn of(files: &[File]) -> Result<Self> {
        let sum = |file: &File| {
            let bytes = fs::read(&file.source)
                .with_context(|| format!("cannot read {}", file.source.display()))?;
            Ok((HEXLOWER.encode(&Sha256::digest(&bytes)), file.name.clone()))
        };
        files.iter().map(sum).collect::<Result<_>>().map(Self)
    }
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(sum, name)| writeln!(f, "{sum}  {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_sha256sum_writes() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source");
        fs::write(&source, "abc").unwrap();
        let sums = Sums::of(&[File { name: "bin/abc".to_owned(), source }]).unwrap();
        assert_eq!(
            sums.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  bin/abc\n"
        );
    }
}
