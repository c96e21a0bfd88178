//! Warnings about settings that are allowed, but not safe or without effect.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::choice::{SaslMechanism, SecurityProtocol};
use crate::librdkafka;
use crate::origin::Origin;
use crate::settings::Settings;

/// A check of a broker's certificate, the value that turns it off, and what that means.
const CHECKS: [(&str, &str, &str); 2] = [
    (
        "enable.ssl.certificate.verification",
        "false",
        "the broker's certificate is not checked, so that anybody between here and the broker can read and change everything, \
         the login too",
    ),
    (
        "ssl.endpoint.identification.algorithm",
        "none",
        "it is not checked whether the broker's certificate is for the broker's address, so that anybody with a certificate of the \
         same authority can pass for the broker",
    ),
];

/// A PKCS#12 file, in which the private key stands.
const KEYSTORE: &str = "ssl.keystore.location";

const TOKEN_URL: &str = "sasl.oauthbearer.token.endpoint.url";

/// Settings that name a file with a secret in it.
const SECRET_FILES: [&str; 3] =
    ["kafka.sasl_password_file", "kafka.ssl_key_password_file", "kafka.key"];

impl Settings {
    /// A sentence for each thing that is not safe or has no effect. Examples are variables that are
    /// no settings, checks that are off, a password in the clear, a secret that others can read.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.unused.clone();
        warnings.extend(self.checks_that_are_off());
        if self.kafka.security_protocol == SecurityProtocol::SaslPlaintext
            && self.kafka.sasl_mechanism == Some(SaslMechanism::Plain)
        {
            warnings.push(
                "the password travels to the broker in the clear (PLAIN without TLS); set kafka.security_protocol to sasl_ssl, or use \
                 SCRAM-SHA-512"
                    .to_owned(),
            );
        }
        if self.sends_secret_in_the_clear() {
            warnings.push(format!(
                "{TOKEN_URL} is not https: the client's secret travels to it in the clear"
            ));
        }
        let files = self.files_with_secrets();
        warnings.extend(files.filter_map(|(what, path)| self.readable_by_others(what, &path)));
        warnings
    }

    /// Whether the token server is asked without TLS, and is not on this machine.
    fn sends_secret_in_the_clear(&self) -> bool {
        let url = self.values.raw_named(TOKEN_URL);
        let url = url.map(|(_, in_force)| in_force.value.to_string().to_ascii_lowercase());
        url.as_deref().and_then(|url| url.strip_prefix("http://")).is_some_and(|rest| {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let here = ["localhost", "127.0.0.1", "[::1]"];
            !here.iter().any(|host| {
                authority
                    .strip_prefix(host)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            }) || authority.contains('@')
        })
    }

    fn checks_that_are_off(&self) -> impl Iterator<Item = String> {
        let uses_tls = self.kafka.security_protocol.uses_tls();
        CHECKS
            .iter()
            .filter(move |_| uses_tls)
            .filter_map(|(property, off, meaning)| {
                let (name, in_force) = self.values.raw_named(property)?;
                in_force.value.to_string().eq_ignore_ascii_case(off).then(|| {
                    format!(
                        "{name} is {off} ({}): {meaning}; trust the broker's authority instead: kafka.ca",
                        in_force.origin
                    )
                })
            })
    }

    /// The files with secrets, each with the setting that names it or the secret that it holds. A
    /// settings file with several secrets comes once.
    fn files_with_secrets(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        let typed = SECRET_FILES.iter().filter_map(|key| Some((*key, self.values.get(key)?)));
        let named = typed
            .chain(self.values.raw_named(KEYSTORE))
            .map(|(what, in_force)| (what, in_force.value.to_string().into()));
        let holding: BTreeMap<&Path, &str> = self
            .values
            .raw()
            // librdkafka marks it as sensitive, but certificates of authorities are public.
            .filter(|(name, _)| librdkafka::is_secret(name) && *name != "ssl.ca.pem")
            .filter_map(|(name, in_force)| match &in_force.origin {
                Origin::File(path) => Some((path.as_path(), name)),
                _ => None,
            })
            .collect();
        named.chain(holding.into_iter().map(|(path, name)| (name, path.to_owned())))
    }

    /// A warning where too many people can read a file with a secret. A group may read what belongs
    /// to root, as is usual for mounted secrets.
    #[cfg(unix)]
    fn readable_by_others(&self, what: &str, path: &Path) -> Option<String> {
        use std::os::unix::fs::MetadataExt;
        // A missing file is reported where it is read.
        let metadata = std::fs::metadata(self.working_folder.join(path)).ok()?;
        let (mode, is_roots) = (metadata.mode(), metadata.uid() == 0);
        let who = match mode {
            mode if mode & 0o004 != 0 => "everybody on this machine",
            mode if mode & 0o040 != 0 && !is_roots => "its whole group",
            _ => return None,
        };
        let path = path.display();
        Some(format!(
            "{path} holds a secret ({what}) and can be read by {who} (mode {:03o}); `chmod 600 {path}`",
            mode & 0o777
        ))
    }

    /// Other systems have other permissions, which are not checked.
    #[cfg(not(unix))]
    fn readable_by_others(&self, _what: &str, _path: &Path) -> Option<String> {
        None
    }
}
