//! Why a broker's certificate is refused.
//!
//! librdkafka itself has the same words for an expired certificate, a foreign one and one for
//! another host. Its callback is told which it is. It writes OpenSSL's number into the log line of
//! the refusal, and [`Refused::of`] reads it there.
#![expect(unsafe_code, reason = "each call into librdkafka states why it is sound")]

use std::ffi::{c_char, c_int, c_void};

use rdkafka::bindings as sys;

use crate::log::LogLine;

/// librdkafka's name for the lines about refused certificates.
const FACILITY: &str = "SSLCERTVRFY";
const NUMBER: &str = "X509 error ";
const DEPTH: &str = " at depth ";

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// No authority that is trusted has signed it.
    Untrusted,
    /// It is for another host.
    OtherHost,
    /// Anything else, by OpenSSL's number (`X509_V_ERR_*`).
    Other(i32),
}

impl Fault {
    /// By OpenSSL's `X509_V_ERR_*`, of which the numbers below have been the same since OpenSSL
    /// 1.0.
    pub fn of(number: i32) -> Self {
        match number {
            9 => Self::NotYetValid,
            10 => Self::Expired,
            // The issuer is unknown; self-signed; self-signed somewhere in the chain; not
            // verifiable.
            2 | 18..=21 => Self::Untrusted,
            62 | 64 => Self::OtherHost,
            other => Self::Other(other),
        }
    }
}

/// A certificate that was refused, as librdkafka's log tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The broker's address.
    pub broker: String,
    /// The certificate's subject, such as `/CN=broker1`.
    pub subject: String,
    /// The certificate's issuer, which has signed it.
    pub issuer: String,
    /// What is wrong with it.
    pub fault: Fault,
    /// How far above the broker's own certificate it stands: 0 is that one, more are authorities.
    pub depth: u32,
}

impl Refused {
    /// Reads such a line as `sasl_ssl://host:9093/bootstrap: Certificate (subject=/CN=a,
    /// issuer=/CN=b) verification callback failed: X509 error 10 at depth 0`.
    pub fn of(line: &LogLine) -> Option<Self> {
        if line.facility != FACILITY {
            return None;
        }
        let (_, number) = line.text.rsplit_once(NUMBER)?;
        let (number, depth) = number.split_once(DEPTH)?;
        let (source, names) = line.text.split_once(": Certificate (subject=")?;
        let (names, _) = names.rsplit_once(") verification")?;
        let (subject, issuer) = names.split_once(", issuer=")?;
        let broker = source.rsplit_once("://").map_or(source, |(_, broker)| broker);
        let broker = broker.split_once('/').map_or(broker, |(address, _)| address);
        Some(Self {
            broker: broker.to_owned(),
            subject: subject.to_owned(),
            issuer: issuer.to_owned(),
            fault: Fault::of(number.parse().ok()?),
            depth: depth.trim().parse().ok()?,
        })
    }
}

/// Has librdkafka log why it refuses a certificate. Whether it does stays OpenSSL's decision.
///
/// # Safety
/// `config` is a configuration that no client has taken over yet.
pub(crate) unsafe fn explain_refusals(config: *mut sys::rd_kafka_conf_t) {
    // SAFETY: by this function's contract; the callback keeps to librdkafka's description of it. In
    // a build without TLS this fails, and there are no certificates.
    unsafe {
        sys::rd_kafka_conf_set_ssl_cert_verify_cb(config, Some(verify));
    }
}

/// Called for each certificate of a chain with what OpenSSL thinks of it.
unsafe extern "C" fn verify(
    _client: *mut sys::rd_kafka_t,
    _broker: *const c_char,
    _broker_id: i32,
    x509_error: *mut c_int,
    depth: c_int,
    _certificate: *const c_char,
    _certificate_size: usize,
    reason: *mut c_char,
    reason_size: usize,
    _opaque: *mut c_void,
) -> c_int {
    // SAFETY: librdkafka hands in a valid pointer.
    let number = unsafe { *x509_error };
    if number == 0 {
        return 1;
    }
    let text = format!("{NUMBER}{number}{DEPTH}{depth}");
    let length = text.len().min(reason_size.saturating_sub(1));
    if !reason.is_null() && reason_size > 0 {
        // SAFETY: `reason` has room for `reason_size` bytes, and the text and its NUL are no
        // longer.
        unsafe {
            reason.copy_from_nonoverlapping(text.as_ptr().cast(), length);
            *reason.add(length) = 0;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine { level: 3, facility: FACILITY.to_owned(), text: text.to_owned() }
    }

    /// Calls the callback for a certificate at this depth with OpenSSL's number, with room for so
    /// many bytes of the reason.
    fn call(mut number: c_int, depth: c_int, reason: &mut [c_char]) -> c_int {
        // SAFETY: the pointers are valid, and the room is as large as is said.
        unsafe {
            verify(
                std::ptr::null_mut(),
                std::ptr::null(),
                -1,
                &raw mut number,
                depth,
                std::ptr::null(),
                0,
                reason.as_mut_ptr(),
                reason.len(),
                std::ptr::null_mut(),
            )
        }
    }

    #[test]
    fn what_the_callback_wrote_is_read_back() {
        let mut reason = [1 as c_char; 64];
        let accepted = call(62, 1, &mut reason);
        assert_eq!(accepted, 0);
        // SAFETY: the callback has ended the text with NUL.
        let reason = unsafe { crate::native::words(reason.as_ptr()) };
        let refused = Refused::of(&line(&format!(
            "ssl://[::1]:9093/1: Certificate (subject=/CN=a, b, issuer=/O=x/CN=ca) verification callback failed: {reason}"
        )));
        assert_eq!(
            refused,
            Some(Refused {
                broker: "[::1]:9093".to_owned(),
                subject: "/CN=a, b".to_owned(),
                issuer: "/O=x/CN=ca".to_owned(),
                fault: Fault::OtherHost,
                depth: 1,
            })
        );
    }

    #[test]
    fn a_certificate_without_fault_is_accepted_and_a_short_room_is_not_overrun() {
        for (number, accepted) in [(0, 1), (10, 0)] {
            let mut reason = [7 as c_char; 4];
            let result = call(number, 0, &mut reason[..3]);
            assert_eq!(result, accepted);
            assert_eq!(reason[3], 7);
        }
    }

    #[test]
    fn other_lines_tell_of_no_certificate() {
        assert_eq!(Refused::of(&line("x: Failed to get current certificate")), None);
        let elsewhere = LogLine {
            facility: "FAIL".to_owned(),
            ..line(
                "a: Certificate (subject=b, issuer=c) verification callback failed: X509 error 10",
            )
        };
        assert_eq!(Refused::of(&elsewhere), None);
    }
}
