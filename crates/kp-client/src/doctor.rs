//! From a name to an answer, step by step: where the way to a cluster ends, and what mends it.
//!
//! ```text
//!  dns.rs        names -> addresses            route.rs  what all of them need of the settings
//!  tcp.rs        addresses -> connections      wire.rs   requests on a connection of our own
//!  talk.rs       TLS, ApiVersions, the login that is offered
//!    tls.rs      the handshake as librdkafka makes it, and the certificates
//!  cluster.rs    librdkafka logs in and asks for the brokers
//!  listeners.rs  each of them, at the address that it names
//!  clock.rs      the controller's clock        login.rs  a login of our own, for that
//!  topic.rs      leaders and replicas
//!  access.rs     what this user may do
//!  probe.rs      a record there and back
//! ```
//! All brokers are asked at once in each step, and each step has `kafka.connect_timeout` or
//! `admin.timeout`. After the first that fails no further one is tried.

mod access;
mod clock;
mod cluster;
mod dns;
mod listeners;
#[cfg(feature = "tls")]
mod login;
mod probe;
mod route;
mod step;
mod talk;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
mod topic;
mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kp_settings::Settings;

use self::access::About;
use self::cluster::Reached;
use self::dns::Site;
use self::route::Route;
use self::step::Finding;
pub use self::step::{Outcome, Stage, Step};
use self::talk::Talk;
pub use crate::advice::Advice;
use crate::error::Error;

/// What is looked at beside the way to the brokers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// A topic: its leaders and replicas, and what this user may do with it.
    pub topic: Option<String>,
    /// A group: what this user may do with it.
    pub group: Option<String>,
    /// Whether a record is written to the topic and read back.
    pub probe: bool,
}

/// Makes all steps, and tells of each as it ends, in the order of [`Stage::ALL`].
///
/// # Errors
/// Settings that contradict each other or that librdkafka refuses; what `tell` ends with.
pub fn examine<E: From<Error>>(
    settings: &Settings,
    wanted: &Wanted,
    tell: impl FnMut(Step) -> Result<(), E>,
) -> Result<(), E> {
    let route = Arc::new(Route::of(settings)?);
    let mut walk = Walk { tell, has_failed: false };
    let addresses = settings.kafka.bootstrap_servers.addresses();
    let sites = walk.step(Stage::Dns, || dns::look_up(addresses, route.patience))?;
    let sites = walk.step(Stage::Tcp, || tcp::reach(sites.unwrap_or_default(), route.patience))?;
    let talks = walk.talk(&route, &sites.unwrap_or_default())?;
    let reached = walk.log_in(&route, settings, &talks)?;
    walk.look_around(&route, settings, wanted, &talks, reached)
}

/// The steps so far.
struct Walk<F> {
    tell: F,
    has_failed: bool,
}

impl<E: From<Error>, F: FnMut(Step) -> Result<(), E>> Walk<F> {
    /// Makes a step, unless one has failed; what it came to, unless it failed.
    fn step<T>(
        &mut self,
        stage: Stage,
        make: impl FnOnce() -> (Finding, T),
    ) -> Result<Option<T>, E> {
        if self.has_failed {
            self.told(stage, Finding::skipped("not tried"), None)?;
            return Ok(None);
        }
        let since = Instant::now();
        let (finding, came_to) = make();
        self.told(stage, finding, Some(since.elapsed()))?;
        Ok((!self.has_failed).then_some(came_to))
    }

    /// The same for a step that comes to nothing but what was found.
    fn look(&mut self, stage: Stage, make: impl FnOnce() -> Finding) -> Result<(), E> {
        self.step(stage, || (make(), ())).map(drop)
    }

    fn told(&mut self, stage: Stage, finding: Finding, took: Option<Duration>) -> Result<(), E> {
        let Finding { outcome, found } = finding;
        self.has_failed |= matches!(outcome, Outcome::Failed(_));
        let took = took.filter(|_| outcome != Outcome::Skipped);
        (self.tell)(Step { stage, outcome, found, took })
    }

    /// A step that is not made, because the protocol has none or one before it failed.
    fn unmade(&mut self, route: &Route, stage: Stage) -> Result<(), E> {
        let why = route.unused(stage).unwrap_or_else(|| "not tried".to_owned());
        self.told(stage, Finding::skipped(why), None)
    }

    /// TLS and ApiVersions come of one connection to each broker.
    fn talk(&mut self, route: &Arc<Route>, sites: &[Site]) -> Result<Vec<Talk>, E> {
        let talks = if self.has_failed { Vec::new() } else { talk::talk_to_all(route, sites) };
        for stage in [Stage::Tls, Stage::ApiVersions] {
            match talk::finding(&talks, stage).filter(|_| !self.has_failed) {
                Some((finding, took)) => {
                    self.told(stage, finding.or_unused(route.unused(stage)), Some(took))?;
                }
                None => self.unmade(route, stage)?,
            }
        }
        Ok(talks)
    }

    /// What login is offered comes of that connection, too; librdkafka logs in. An error is that of
    /// the addresses to which the brokers send it on.
    fn log_in(
        &mut self,
        route: &Arc<Route>,
        settings: &Settings,
        talks: &[Talk],
    ) -> Result<Option<Result<Reached, Advice>>, E> {
        let offered = talk::finding(talks, Stage::Sasl).filter(|_| !self.has_failed);
        let since = Instant::now();
        let may_go_on = !self.has_failed
            && offered.as_ref().is_none_or(|(one, _)| !matches!(one.outcome, Outcome::Failed(_)));
        let good: Vec<_> =
            talks.iter().filter(|one| one.is_well()).map(|one| one.site.address.clone()).collect();
        let reached = if may_go_on { Some(cluster::reach(settings, route, &good)?) } else { None };
        let took = since.elapsed();
        match (offered, &reached) {
            (Some((finding, first)), reached) => {
                let refused = reached.as_ref().and_then(|one| one.as_ref().err());
                let refused = refused.filter(|one| one.stage == Stage::Sasl);
                let refused = refused.map(|one| one.advice.clone());
                let finding = match refused {
                    Some(advice) => Finding::failed(finding.found, advice),
                    None => finding.or_unused(route.unused(Stage::Sasl)),
                };
                self.told(Stage::Sasl, finding, Some(first + took))?;
            }
            (None, _) => self.unmade(route, Stage::Sasl)?,
        }
        let Some(reached) = reached.filter(|_| !self.has_failed) else {
            self.told(Stage::Metadata, Finding::skipped("not tried"), None)?;
            return Ok(None);
        };
        match reached {
            Ok(reached) => {
                let finding = Finding::right(reached.words());
                self.told(Stage::Metadata, finding, Some(took))?;
                Ok(Some(Ok(reached)))
            }
            Err(refused) if refused.stage == Stage::Listeners => {
                let finding = Finding::right(vec!["the brokers answer".to_owned()]);
                self.told(Stage::Metadata, finding, Some(took))?;
                Ok(Some(Err(refused.advice)))
            }
            Err(refused) => {
                let finding = Finding::failed(Vec::new(), refused.advice);
                self.told(Stage::Metadata, finding, Some(took))?;
                Ok(None)
            }
        }
    }

    /// What is asked of a cluster that answers.
    fn look_around(
        &mut self,
        route: &Arc<Route>,
        settings: &Settings,
        wanted: &Wanted,
        talks: &[Talk],
        reached: Option<Result<Reached, Advice>>,
    ) -> Result<(), E> {
        let reached = match reached {
            Some(Ok(reached)) => reached,
            ended => {
                let finding = match ended {
                    Some(Err(advice)) => Finding::failed(Vec::new(), advice),
                    _ => Finding::skipped("not tried"),
                };
                self.told(Stage::Listeners, finding, None)?;
                let rest = [Stage::Clock, Stage::Topic, Stage::Access, Stage::Probe];
                return rest
                    .into_iter()
                    .try_for_each(|stage| self.told(stage, Finding::skipped("not tried"), None));
            }
        };
        let (client, metadata) = (&reached.connection.client, &reached.metadata);
        self.look(Stage::Listeners, || listeners::reach(route, metadata))?;
        if reached.is_embedded {
            self.look(Stage::Clock, || Finding::untold("not told by the embedded broker"))?;
        } else {
            self.look(Stage::Clock, || clock::compare(route, talks))?;
        }
        let (is_embedded, timeout) = (reached.is_embedded, settings.admin.timeout);
        self.look(Stage::Topic, || match &wanted.topic {
            None => Finding::skipped("not asked for: --topic TOPIC"),
            Some(name) => topic::look(client, metadata, name, is_embedded, timeout),
        })?;
        let about = About {
            topic: wanted.topic.as_deref(),
            group: wanted.group.as_deref(),
            probe: wanted.probe,
        };
        self.look(Stage::Access, || {
            if is_embedded {
                return Finding::untold("not told by the embedded broker, which has no ACLs");
            }
            access::ask(client, about, timeout)
        })?;
        self.look(Stage::Probe, || match &wanted.topic {
            Some(topic) if wanted.probe => probe::write_and_read(client, settings, topic),
            _ => Finding::skipped("not asked for: --probe"),
        })
    }
}
