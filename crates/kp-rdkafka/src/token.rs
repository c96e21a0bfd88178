//! Tokens for a login by OAUTHBEARER, fetched by whoever made the client.
#![expect(
    unsafe_code,
    reason = "each call into librdkafka states why it is sound"
)]

use std::ffi::{CString, c_char};
use std::fmt;
use std::ptr;

use rdkafka::bindings as sys;

use crate::client::Client;
use crate::event::{checked, text};

/// A token, and what is known of it. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// As the broker gets it.
    pub value: String,
    /// Until when it is valid, in milliseconds since 1970. librdkafka asks for the next one after four fifths of that time.
    pub expires_at_ms: i64,
    /// Whose it is.
    pub principal: String,
    /// What else the broker is told, in pairs (KIP-342).
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

/// Where a client gets its tokens from. It is asked by the thread that polls the client, and may take a few seconds; an error says in
/// words why there is none, without a secret.
pub type TokenSource = Box<dyn Fn() -> Result<Token, String> + Send + Sync>;

impl Client {
    /// Hands librdkafka the next token, or the reason why there is none, which it then reports as an error and asks again.
    pub(crate) fn renew_token(&self, source: &TokenSource) {
        if let Err(reason) = source().and_then(|token| self.set_token(&token)) {
            let reason = CString::new(reason.replace('\0', " ")).unwrap_or_default();
            // SAFETY: the client is alive, and the text ends with NUL and is copied. It fails only without OAUTHBEARER, where nobody
            // asks for tokens.
            unsafe {
                sys::rd_kafka_oauthbearer_set_token_failure(self.raw(), reason.as_ptr());
            }
        }
    }

    fn set_token(&self, token: &Token) -> Result<(), String> {
        let as_c =
            |text: &str| CString::new(text).map_err(|_| "a NUL character in the token".to_owned());
        let (value, principal) = (as_c(&token.value)?, as_c(&token.principal)?);
        let extensions = token
            .extensions
            .iter()
            .flat_map(|(name, value)| [name, value])
            .map(|text| as_c(text))
            .collect::<Result<Vec<_>, _>>()?;
        let mut pointers: Vec<*const c_char> =
            extensions.iter().map(|text| text.as_ptr()).collect();
        let mut reason = [0 as c_char; 512];
        // SAFETY: all texts end with NUL, are alive and are copied; the lengths are the true ones.
        let code = unsafe {
            sys::rd_kafka_oauthbearer_set_token(
                self.raw(),
                value.as_ptr(),
                token.expires_at_ms,
                principal.as_ptr(),
                if pointers.is_empty() {
                    ptr::null_mut()
                } else {
                    pointers.as_mut_ptr()
                },
                pointers.len(),
                reason.as_mut_ptr(),
                reason.len(),
            )
        };
        // SAFETY: librdkafka ends the text with NUL, and the buffer began as nothing but that.
        checked(code).map_err(|_| unsafe { text(reason.as_ptr()) })
    }
}
