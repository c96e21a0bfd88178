//! The handshake, as librdkafka makes it, and what the broker's certificates say.

use std::fs;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kp_rdkafka::{Fault, Refused};
use kp_settings::Property;
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::PKey;
use openssl::ssl::{
    ConnectConfiguration, HandshakeError, SslConnector, SslConnectorBuilder, SslContextBuilder,
    SslMethod, SslRef, SslVerifyMode,
};
use openssl::x509::{X509, X509NameRef, X509Ref, X509StoreContextRef};

use super::wire::{Secured, Wire};
use crate::advice::Advice;
use crate::create::value;
use crate::error::Error;
use crate::trouble::{Trouble, about_certificate, about_tls};

/// With fewer days left a certificate is worth a word.
const SOON: i32 = 14;
/// How many of the names in a certificate are shown.
const NAMES: usize = 4;

/// How this client shakes hands.
pub(crate) struct Tls {
    connector: SslConnector,
    /// Whether the certificate has to be for the address.
    checks_name: bool,
    /// Whether it has to be signed by somebody who is trusted.
    checks_chain: bool,
    /// Whether the client has a certificate of its own.
    pub(crate) shows_certificate: bool,
}

impl Tls {
    /// By librdkafka's properties.
    ///
    /// # Errors
    /// Files that OpenSSL does not take; librdkafka has refused them before.
    pub(crate) fn of(properties: &[Property]) -> Result<Self, Error> {
        let of = |name: &str| value(properties, name);
        let refused = |error: ErrorStack| Error::Properties(format!("TLS: {error}"));
        let checks_chain = of("enable.ssl.certificate.verification") != "false";
        let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(refused)?;
        trust(&mut builder, &of("ssl.ca.location"), &of("ssl.ca.pem")).map_err(refused)?;
        let shows_certificate = show(&mut builder, &of).map_err(refused)?;
        for (list, set) in [
            ("ssl.cipher.suites", SslContextBuilder::set_cipher_list as Set),
            ("ssl.curves.list", SslContextBuilder::set_groups_list),
            ("ssl.sigalgs.list", SslContextBuilder::set_sigalgs_list),
        ] {
            let list = of(list);
            if !list.is_empty() {
                set(&mut builder, &list).map_err(refused)?;
            }
        }
        Ok(Self {
            connector: builder.build(),
            checks_name: of("ssl.endpoint.identification.algorithm") != "none",
            checks_chain,
            shows_certificate,
        })
    }

    /// Shakes hands on a connection to this host.
    pub(crate) fn shake(
        &self,
        host: &str,
        stream: TcpStream,
        deadline: Instant,
        client_id: &str,
    ) -> Result<(Wire, Secured), Advice> {
        let fault = Arc::new(Mutex::new(None));
        let left = deadline.saturating_duration_since(Instant::now());
        let limit = Some(left.max(Duration::from_millis(1)));
        let socket = stream
            .set_read_timeout(limit)
            .and_then(|()| stream.set_write_timeout(limit))
            .and_then(|()| stream.try_clone())
            .map_err(|error| Advice::new(error.to_string(), "try again"))?;
        let shaken = self.configured(&fault).map_err(HandshakeError::from);
        let shaken = shaken.and_then(|configured| configured.connect(host, stream));
        match shaken {
            Ok(stream) => {
                let secured = self.secured(stream.ssl());
                Ok((Wire::new(stream, socket, deadline, client_id), secured))
            }
            Err(HandshakeError::WouldBlock(_)) => Err(Advice::new(
                "no answer to the handshake: it hangs, is still starting, or is no Kafka",
                Trouble::MUTE_ADVICE,
            )),
            Err(error) => Err(self.refused(&error, &fault)),
        }
    }

    fn configured(
        &self,
        fault: &Arc<Mutex<Option<Refused>>>,
    ) -> Result<ConnectConfiguration, ErrorStack> {
        let mut configured = self.connector.configure()?.verify_hostname(self.checks_name);
        let fault = Arc::clone(fault);
        let goes_on = !self.checks_chain;
        configured.set_verify_callback(SslVerifyMode::PEER, move |is_valid, context| {
            if !is_valid {
                let mut fault = fault.lock().unwrap_or_else(PoisonError::into_inner);
                *fault = fault.take().or_else(|| found_by(context));
            }
            is_valid || goes_on
        });
        Ok(configured)
    }

    fn refused(&self, error: &HandshakeError<TcpStream>, fault: &Mutex<Option<Refused>>) -> Advice {
        let fault = fault.lock().unwrap_or_else(PoisonError::into_inner);
        let (cause, change) = match &*fault {
            Some(refused) => about_certificate(refused),
            None => about_tls(&reason(error), self.shows_certificate),
        };
        Advice::new(cause, change)
    }

    fn secured(&self, ssl: &SslRef) -> Secured {
        let Some(own) = ssl.peer_certificate() else {
            return Secured { words: ssl.version_str().to_owned(), doubt: None };
        };
        let days = days_left(own.not_after());
        let is_checked = match (self.checks_chain, self.checks_name) {
            (false, _) => ", which is not checked",
            (true, false) => ", whose name is not checked",
            (true, true) => "",
        };
        let words = format!(
            "{}, certificate {}{is_checked}, {} left, signed by {}",
            ssl.version_str(),
            named(&own),
            in_days(days),
            line(own.issuer_name()),
        );
        // An authority above it may end earlier.
        let chain = ssl.peer_cert_chain().into_iter().flatten();
        let of = |one: &X509Ref| (days_left(one.not_after()), line(one.subject_name()));
        let ends = chain.map(of).chain([of(&own)]).min();
        let doubt = ends.filter(|(days, _)| *days < SOON).map(|(days, subject)| {
            Advice::new(
                format!("the certificate {subject} has {} left", in_days(days)),
                "have it renewed there before it expires",
            )
        });
        Secured { words, doubt }
    }
}

/// How one of OpenSSL's lists is set.
type Set = fn(&mut SslContextBuilder, &str) -> Result<(), ErrorStack>;

/// Whom this client trusts: the authorities of a file or of a text, or the system's.
fn trust(builder: &mut SslConnectorBuilder, file: &str, text: &str) -> Result<(), ErrorStack> {
    for certificate in X509::stack_from_pem(text.as_bytes())? {
        builder.cert_store_mut().add_cert(certificate)?;
    }
    if !file.is_empty() && file != "probe" {
        return builder.set_ca_file(file);
    }
    if text.is_empty()
        && let Some(system) = openssl_probe::probe().cert_file
    {
        return builder.set_ca_file(system);
    }
    Ok(())
}

/// What this client shows of itself; whether that is anything.
fn show(
    builder: &mut SslConnectorBuilder,
    of: &impl Fn(&str) -> String,
) -> Result<bool, ErrorStack> {
    let mut shows = false;
    let (file, text) = (of("ssl.certificate.location"), of("ssl.certificate.pem"));
    if !file.is_empty() {
        builder.set_certificate_chain_file(&file)?;
        shows = true;
    }
    let mut chain = X509::stack_from_pem(text.as_bytes())?.into_iter();
    if let Some(own) = chain.next() {
        builder.set_certificate(&own)?;
        shows = true;
    }
    for above in chain {
        builder.add_extra_chain_cert(above)?;
    }
    let (file, text) = (of("ssl.key.location"), of("ssl.key.pem"));
    let pem = if file.is_empty() { text.into_bytes() } else { fs::read(file).unwrap_or_default() };
    if !pem.is_empty() {
        let password = of("ssl.key.password");
        let key = PKey::private_key_from_pem_passphrase(&pem, password.as_bytes())?;
        builder.set_private_key(&key)?;
    }
    let store = fs::read(of("ssl.keystore.location")).unwrap_or_default();
    if !store.is_empty() {
        let store = Pkcs12::from_der(&store)?.parse2(&of("ssl.keystore.password"))?;
        if let (Some(own), Some(key)) = (store.cert, store.pkey) {
            builder.set_certificate(&own)?;
            builder.set_private_key(&key)?;
            shows = true;
        }
        for above in store.ca.into_iter().flatten() {
            builder.add_extra_chain_cert(above)?;
        }
    }
    Ok(shows)
}

/// What OpenSSL finds fault with, and in which certificate.
fn found_by(context: &X509StoreContextRef) -> Option<Refused> {
    let certificate = context.current_cert()?;
    Some(Refused {
        broker: String::new(),
        subject: line(certificate.subject_name()),
        issuer: line(certificate.issuer_name()),
        fault: Fault::of(context.error().as_raw()),
        depth: context.error_depth(),
    })
}

fn reason(error: &HandshakeError<TcpStream>) -> String {
    match error {
        HandshakeError::Failure(stream) | HandshakeError::WouldBlock(stream) => {
            let error = stream.error();
            let cut_off = "the connection was closed in the middle of the handshake";
            match error.ssl_error() {
                Some(errors) if !errors.errors().is_empty() => errors.to_string(),
                _ => error.io_error().map_or(cut_off.to_owned(), ToString::to_string),
            }
        }
        HandshakeError::SetupFailure(errors) => errors.to_string(),
    }
}

/// `/CN=broker (localhost, 127.0.0.1)`.
fn named(certificate: &X509Ref) -> String {
    let names = certificate.subject_alt_names().into_iter().flatten();
    let mut names: Vec<String> = names
        .filter_map(|name| {
            let number = name.ipaddress().and_then(|bytes| match bytes.len() {
                4 => <[u8; 4]>::try_from(bytes).ok().map(std::net::IpAddr::from),
                _ => <[u8; 16]>::try_from(bytes).ok().map(std::net::IpAddr::from),
            });
            name.dnsname().map(str::to_owned).or(number.map(|number| number.to_string()))
        })
        .collect();
    let more = names.len().saturating_sub(NAMES);
    names.truncate(NAMES);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let subject = line(certificate.subject_name());
    if names.is_empty() { subject } else { format!("{subject} ({})", names.join(", ")) }
}

/// A name in one line, as librdkafka writes it: `/O=kp/CN=broker`.
fn line(name: &X509NameRef) -> String {
    name.entries()
        .map(|entry| {
            let key = entry.object().nid().short_name().unwrap_or("?");
            let value = entry.data().to_string();
            let value = value.map_or_else(|_| "?".to_owned(), |text| text.to_string());
            format!("/{key}={value}")
        })
        .collect()
}

/// Whole days from now; less than none where it is over.
fn days_left(end: &Asn1TimeRef) -> i32 {
    let left = Asn1Time::days_from_now(0).and_then(|now| now.diff(end));
    left.map_or(i32::MAX, |left| left.days)
}

fn in_days(days: i32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}
