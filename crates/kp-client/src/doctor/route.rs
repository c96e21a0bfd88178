//! How a broker is spoken to: what all steps need of the settings.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use kp_settings::{Property, Role, SecurityProtocol, Settings};

use super::step::Stage;
use super::tcp;
#[cfg(feature = "tls")]
use super::tls::Tls;
use super::wire::{Secured, Wire};
use crate::advice::Advice;
use crate::create::{create, properties, value};
use crate::error::Error;

/// What the steps need of the settings.
pub(crate) struct Route {
    pub(crate) properties: Vec<Property>,
    pub(crate) protocol: SecurityProtocol,
    /// How long one step may take (`kafka.connect_timeout`).
    pub(crate) patience: Duration,
    pub(crate) client_id: String,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

/// A connection, and what its certificates say.
pub(crate) struct Opened {
    pub(crate) wire: Wire,
    /// None without TLS.
    pub(crate) secured: Option<Secured>,
}

impl Route {
    /// # Errors
    /// Settings that contradict each other, or that librdkafka refuses.
    pub(crate) fn of(settings: &Settings) -> Result<Self, Error> {
        let properties = properties(settings, Role::Admin)?;
        // What librdkafka refuses is a mistake in the settings, and told before the first step.
        // Without an address it connects to nobody: an answer could end the process untold.
        let mut alone = properties.clone();
        alone.retain(|property| property.name != "bootstrap.servers");
        drop(create(alone, Role::Admin)?);
        let protocol = settings.kafka.security_protocol;
        Ok(Self {
            #[cfg(feature = "tls")]
            tls: if protocol.uses_tls() { Some(Tls::of(&properties)?) } else { None },
            protocol,
            patience: settings.kafka.connect_timeout,
            client_id: settings.kafka.client_id.clone(),
            properties,
        })
    }

    /// Without TLS, and with a second for each step.
    #[cfg(test)]
    pub(crate) fn for_test(properties: &[(&str, &str)]) -> Self {
        let property = |&(name, value): &(&str, &str)| Property {
            name: name.to_owned(),
            value: value.to_owned(),
            secret: false,
            origin: kp_settings::Origin::Kp,
            setting: None,
        };
        Self {
            properties: properties.iter().map(property).collect(),
            protocol: SecurityProtocol::Plaintext,
            patience: Duration::from_secs(1),
            client_id: "kp".to_owned(),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// The value of a librdkafka property; empty where it is not set.
    pub(crate) fn value(&self, name: &str) -> String {
        value(&self.properties, name)
    }

    /// Why the protocol has no use for a step, if so.
    pub(crate) fn unused(&self, stage: Stage) -> Option<String> {
        let protocol = self.protocol;
        let what = match stage {
            Stage::Tls if !protocol.uses_tls() => "not used",
            Stage::Sasl if !protocol.uses_sasl() => "no login",
            _ => return None,
        };
        Some(format!("{what} (kafka.security_protocol is {protocol})"))
    }

    /// Connects to a socket, or says why not.
    pub(crate) fn connect(&self, socket: SocketAddr) -> Result<TcpStream, String> {
        tcp::connect(socket, self.patience)
    }

    /// Connects to a socket, with TLS where the settings want it. The host's name is the one that
    /// the certificate has to be for.
    pub(crate) fn open(&self, host: &str, socket: SocketAddr) -> Result<Opened, Advice> {
        let stream = self.connect(socket);
        let stream =
            stream.map_err(|reason| Advice::new(format!("{socket}: {reason}"), tcp::CHANGE))?;
        self.secure(host, stream)
    }

    /// Shakes hands where the settings want TLS.
    #[cfg(feature = "tls")]
    pub(crate) fn secure(&self, host: &str, stream: TcpStream) -> Result<Opened, Advice> {
        match &self.tls {
            None => Ok(self.plain(stream)),
            Some(tls) => {
                let (wire, secured) = tls.shake(host, stream, self.deadline(), &self.client_id)?;
                Ok(Opened { wire, secured: Some(secured) })
            }
        }
    }

    /// A build without TLS has refused the settings for it.
    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unnecessary_wraps, reason = "it stands for the method of the build with TLS")]
    pub(crate) fn secure(&self, _: &str, stream: TcpStream) -> Result<Opened, Advice> {
        Ok(self.plain(stream))
    }

    fn plain(&self, stream: TcpStream) -> Opened {
        Opened { wire: Wire::plain(stream, self.deadline(), &self.client_id), secured: None }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.patience
    }
}
