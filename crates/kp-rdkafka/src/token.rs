//! Tokens for a login by OAUTHBEARER. The owner of the client says where they come from.
#![expect(unsafe_code, reason = "each call into librdkafka states why it is sound")]

use std::ffi::{CString, c_char};
use std::fmt;
use std::ptr;

use rdkafka::bindings as sys;

use crate::native::{Reason, checked};

/// A token, and what is known of it. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// As the broker gets it.
    pub value: String,
    /// Until when it is valid, in milliseconds since 1970. librdkafka asks for the next one after
    /// four fifths of that time.
    pub expires_at_ms: i64,
    /// The name of the user that it stands for.
    pub principal: String,
    /// Further names and values for the broker (KIP-342).
    pub extensions: Vec<(String, String)>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("principal", &self.principal)
            .field("expires_at_ms", &self.expires_at_ms)
            .finish_non_exhaustive()
    }
}

/// Where a client gets its tokens from. The thread that polls the client asks it, and it may take a
/// few seconds. An error says in words, without a secret, why there is no token.
pub type TokenSource = Box<dyn Fn() -> Result<Token, String> + Send + Sync>;

impl Token {
    /// Gives a client this token, or says why librdkafka does not take it.
    ///
    /// # Safety
    /// The client is alive.
    pub(crate) unsafe fn give_to(&self, client: *mut sys::rd_kafka_t) -> Result<(), String> {
        let as_c =
            |text: &str| CString::new(text).map_err(|_| "a NUL character in the token".to_owned());
        let (value, principal) = (as_c(&self.value)?, as_c(&self.principal)?);
        let extensions = self
            .extensions
            .iter()
            .flat_map(|(name, value)| [name, value])
            .map(|text| as_c(text))
            .collect::<Result<Vec<_>, _>>()?;
        let mut pointers: Vec<*const c_char> =
            extensions.iter().map(|text| text.as_ptr()).collect();
        let mut reason = Reason::new();
        // SAFETY: all texts end with NUL, are alive and are copied; the lengths are the true ones.
        let code = unsafe {
            sys::rd_kafka_oauthbearer_set_token(
                client,
                value.as_ptr(),
                self.expires_at_ms,
                principal.as_ptr(),
                if pointers.is_empty() { ptr::null_mut() } else { pointers.as_mut_ptr() },
                pointers.len(),
                reason.as_mut_ptr(),
                reason.len(),
            )
        };
        checked(code).map_err(|_| reason.to_string())
    }
}
