//! Tokens by OpenID Connect's client credentials (`sasl.oauthbearer.method=oidc`).
//!
//! librdkafka fetches them itself only where it is built with libcurl, which its build in
//! rdkafka-sys cannot link statically. So the properties keep librdkafka's names, and the request
//! is made here.

use std::fs;
use std::time::Duration;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use kp_rdkafka::{Token, TokenSource};
use kp_settings::{Property, SettingsError, variable};
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider, parse_pem};

use crate::error::Error;

/// How long the token's server may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// No answer with a token is larger.
const LARGEST: u64 = 1 << 20;

const METHOD: &str = "sasl.oauthbearer.method";
const URL: &str = "sasl.oauthbearer.token.endpoint.url";
const ID: &str = "sasl.oauthbearer.client.id";
const SECRET: &str = "sasl.oauthbearer.client.secret";
const OTHER_ID: &str = "sasl.oauthbearer.client.credentials.client.id";
const OTHER_SECRET: &str = "sasl.oauthbearer.client.credentials.client.secret";
const SCOPE: &str = "sasl.oauthbearer.scope";
const EXTENSIONS: &str = "sasl.oauthbearer.extensions";
const CA: &str = "https.ca.location";
const OURS: [&str; 9] = [METHOD, URL, ID, SECRET, OTHER_ID, OTHER_SECRET, SCOPE, EXTENSIONS, CA];

/// A server that hands out tokens, and who asks it.
struct TokenServer {
    agent: Agent,
    url: String,
    id: String,
    secret: String,
    scope: Option<String>,
    extensions: Vec<(String, String)>,
}

/// Takes the properties of the method `oidc` out, if it is chosen: librdkafka does not know them in
/// this build.
///
/// # Errors
/// One of the properties is missing or wrong.
pub(crate) fn take_out(properties: &mut Vec<Property>) -> Result<Option<TokenSource>, Error> {
    let value = |name: &str| {
        let property = properties.iter().find(|property| property.name == name);
        property.map(|property| property.value.clone())
    };
    if value(METHOD).as_deref() != Some("oidc") {
        return Ok(None);
    }
    let needed = |name: &str, other: &str| {
        value(name).or_else(|| value(other)).ok_or_else(|| {
            contradiction(format!(
                "{METHOD} is oidc, and {name} is not set; set it, for instance by the variable {}",
                variable(&format!("kafka.librdkafka.{name}"))
            ))
        })
    };
    let server = TokenServer {
        agent: agent(value(CA).as_deref())?,
        url: checked(needed(URL, URL)?)?,
        id: needed(ID, OTHER_ID)?,
        secret: needed(SECRET, OTHER_SECRET)?,
        scope: value(SCOPE),
        extensions: value(EXTENSIONS).map_or(Ok(Vec::new()), |text| pairs(&text))?,
    };
    properties.retain(|property| !OURS.contains(&property.name.as_str()));
    Ok(Some(Box::new(move || server.token())))
}

/// An address may hold a name and a password, which would travel and show; ours have settings of
/// their own.
fn checked(url: String) -> Result<String, Error> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let authority = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    match authority {
        Some(host) if !host.is_empty() && !host.contains('@') => Ok(url),
        _ => Err(contradiction(format!(
            "{URL} is no address of a server (and not shown): it begins with https:// and has no name or password in it"
        ))),
    }
}

fn contradiction(text: String) -> Error {
    SettingsError::Contradiction(text).into()
}

/// `a=1,b=2`
fn pairs(text: &str) -> Result<Vec<(String, String)>, Error> {
    text.split(',')
        .map(|pair| {
            let (name, value) = pair.split_once('=').ok_or_else(|| {
                contradiction(format!(
                    "{EXTENSIONS} is not NAME=VALUE, or several of that with commas between"
                ))
            })?;
            Ok((name.trim().to_owned(), value.to_owned()))
        })
        .collect()
}

fn agent(ca: Option<&str>) -> Result<Agent, Error> {
    let roots = match ca {
        None => RootCerts::PlatformVerifier,
        Some(path) => {
            let unreadable = |reason: String| contradiction(format!("{CA}: {path}: {reason}"));
            let pem = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
            let certificates: Vec<_> = parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err(unreadable("no certificate in PEM stands there".to_owned()));
            }
            RootCerts::new_with_certs(&certificates)
        }
    };
    let tls = TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(roots).build();
    Ok(Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .build()
        .new_agent())
}

impl TokenServer {
    fn token(&self) -> Result<Token, String> {
        let credentials = BASE64.encode(format!("{}:{}", self.id, self.secret).as_bytes());
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        let failed = |reason: String| format!("{} gives no token: {reason}", shown(&self.url));
        let mut answer = self
            .agent
            .post(&self.url)
            .header("Authorization", format!("Basic {credentials}"))
            .header("Accept", "application/json")
            .send_form(form)
            .map_err(|error| failed(error.to_string()))?;
        let status = answer.status();
        let body = answer
            .body_mut()
            .with_config()
            .limit(LARGEST)
            .read_to_string()
            .map_err(|error| failed(error.to_string()))?;
        let body: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        if !status.is_success() {
            // RFC 6749: a word, and perhaps a sentence.
            let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
            let reason = format!("{status} {} {}", text("error"), text("error_description"));
            // A server's words, which stay on one line.
            return Err(failed(reason.trim().escape_debug().to_string()));
        }
        let token = body["access_token"]
            .as_str()
            .or_else(|| body["id_token"].as_str())
            .ok_or_else(|| failed("its answer has no access_token".to_owned()))?;
        let claims = claims(token).ok_or_else(|| failed("what it gives is no JWT".to_owned()))?;
        let seconds = claims["exp"].as_f64();
        let seconds = seconds.ok_or_else(|| failed("the token has no time (exp)".to_owned()))?;
        Ok(Token {
            value: token.to_owned(),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a time that far away is as good as the largest"
            )]
            expires_at_ms: (seconds * 1e3) as i64,
            principal: claims["sub"].as_str().unwrap_or(&self.id).to_owned(),
            extensions: self.extensions.clone(),
        })
    }
}

/// An address without the name and the password that may stand in it.
fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "the token's server".to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

/// What a JSON Web Token says of itself. Whether it is true is the broker's to check.
fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    let json = BASE64URL_NOPAD.decode(payload.trim_end_matches('=').as_bytes()).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use kp_settings::Origin;

    use super::*;

    fn property(name: &str, value: &str) -> Property {
        Property {
            name: name.to_owned(),
            value: value.to_owned(),
            secret: false,
            origin: Origin::Default,
            setting: None,
        }
    }

    #[test]
    fn only_the_method_oidc_takes_its_properties_out() {
        let mut plain = vec![property("client.id", "kp")];
        assert!(take_out(&mut plain).unwrap().is_none());
        let mut oidc = vec![
            property(METHOD, "oidc"),
            property("client.id", "kp"),
            property(URL, "http://127.0.0.1:1/token"),
            property(OTHER_ID, "me"),
            property(SECRET, "canary"),
            property(EXTENSIONS, "a=1, b=2=3"),
        ];
        let source = take_out(&mut oidc).unwrap().unwrap();
        let left: Vec<_> = oidc.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(left, ["client.id"]);
        let reason = source().unwrap_err();
        assert!(reason.contains("127.0.0.1:1"), "{reason}");
        assert!(!reason.contains("canary"), "{reason}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut properties = vec![property(METHOD, "oidc")];
        for name in [URL, ID, SECRET] {
            let error = take_out(&mut properties).err().unwrap().to_string();
            assert!(error.contains(name), "{error}");
            properties.push(property(name, "http://localhost/"));
        }
        assert!(take_out(&mut properties).unwrap().is_some());
    }

    #[test]
    fn what_is_secret_in_an_address_does_not_show() {
        for (url, expected) in [
            ("https://me:canary@host:1/token?key=canary#canary", "https://host:1/token"),
            ("http://host", "http://host"),
            ("https://a@b@host/x@y", "https://host/x@y"),
            ("canary", "the token's server"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }

    #[test]
    fn an_address_with_a_password_is_refused_and_not_shown() {
        for url in
            ["me:canary@host", "https://me:canary@host/t", "canary", "https://", "ftp://canary"]
        {
            let error = checked(url.to_owned()).unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
        for url in ["https://host/t?a=b@c", "http://localhost:1"] {
            assert_eq!(checked(url.to_owned()).unwrap(), url);
        }
    }

    #[test]
    fn claims_stand_in_the_middle_of_a_token() {
        let payload = BASE64URL_NOPAD.encode(br#"{"sub":"me","exp":1.5}"#);
        assert_eq!(claims(&format!("a.{payload}.c")).unwrap()["sub"], "me");
        for broken in ["", "a", "a.b", "a.!.c", "a.bnVsbA"] {
            let claims = claims(broken);
            assert!(claims.is_none_or(|value| value.is_null()), "{broken}");
        }
    }
}
