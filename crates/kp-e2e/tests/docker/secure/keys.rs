//! Keys and certificates, made for each run.

use pkcs8::der::{Decode, pem::LineEnding};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

/// An authority that signs certificates.
pub(crate) struct Authority {
    /// Its own certificate, PEM.
    pub(crate) certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, PEM.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
    certificate_der: Vec<u8>,
    key_der: Vec<u8>,
}

/// When a certificate is valid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Valid {
    Now,
    Formerly,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = named(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// A certificate for this name and these hosts.
    pub(crate) fn sign(&self, name: &str, hosts: &[&str], valid: Valid) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut params = named(name, hosts);
        if valid == Valid::Formerly {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            certificate_der: certificate.der().to_vec(),
            key_der: key.serialize_der(),
        }
    }
}

fn named(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Pair {
    /// Key and certificate in one text, as Kafka reads them.
    pub(crate) fn for_kafka(&self) -> Vec<u8> {
        format!("{}{}", self.key, self.certificate).into_bytes()
    }

    /// The key, PEM, encrypted with a password.
    pub(crate) fn encrypted_key(&self, password: &str) -> String {
        let key = pkcs8::PrivateKeyInfo::from_der(&self.key_der).unwrap();
        // Not by scrypt, the default here, for which OpenSSL does not take the memory.
        let (salt, start) = ([7; 16], [9; 16]);
        let how = pkcs8::pkcs5::pbes2::Parameters::pbkdf2_sha256_aes256cbc(10_000, &salt, &start);
        let encrypted = key.encrypt_with_params(how.unwrap(), password).unwrap();
        let pem = encrypted.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF);
        pem.unwrap().to_string()
    }

    /// Key and certificate as a PKCS#12 file with a password.
    pub(crate) fn keystore(&self, password: &str) -> Vec<u8> {
        let certificate = p12_keystore::Certificate::from_der(&self.certificate_der).unwrap();
        let key = p12_keystore::PrivateKey::from_der(&self.key_der).unwrap();
        let chain = p12_keystore::PrivateKeyChain::new("client", key, [certificate]);
        let mut keystore = p12_keystore::KeyStore::new();
        keystore.add_entry("client", p12_keystore::KeyStoreEntry::PrivateKeyChain(chain));
        keystore.writer(password).write().unwrap()
    }
}
