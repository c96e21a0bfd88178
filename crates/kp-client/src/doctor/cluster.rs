//! librdkafka logs in, and asks which brokers there are.

use kp_settings::{Address, Role, Settings};
use rdkafka::metadata::Metadata;

use super::listeners;
use super::route::Route;
use super::step::Stage;
use crate::advice::Advice;
use crate::connect::{Connection, MORE};
use crate::error::Error;

/// A cluster that answers.
pub(crate) struct Reached {
    pub(crate) connection: Connection,
    pub(crate) metadata: Metadata,
    pub(crate) is_embedded: bool,
    id: Option<String>,
}

/// Why it does not.
pub(crate) struct Refused {
    pub(crate) advice: Advice,
    /// Which step of the way that ends.
    pub(crate) stage: Stage,
}

/// Connects by the addresses that have answered, so that one that has not does no harm.
///
/// # Errors
/// What librdkafka does not take of the settings.
pub(crate) fn reach(
    settings: &Settings,
    route: &Route,
    good: &[Address],
) -> Result<Result<Reached, Refused>, Error> {
    let list: Vec<String> = good.iter().map(Address::to_string).collect();
    let list = list.join(",");
    let mut settings = settings.clone();
    if let Ok(servers) = list.parse() {
        settings.kafka.bootstrap_servers = servers;
    }
    let mut properties = route.properties.clone();
    for property in properties.iter_mut().filter(|one| one.name == "bootstrap.servers") {
        property.value.clone_from(&list);
    }
    let mut connection = Connection::begin(&settings, &properties, Role::Admin)?;
    Ok(match connection.first_answer(None) {
        Ok(metadata) => {
            connection.trouble.clear();
            let is_embedded = connection.is_embedded();
            let id = connection.client.cluster_id(route.patience);
            Ok(Reached { connection, metadata, is_embedded, id })
        }
        Err(error) => Err(match connection.trouble.refusal() {
            Some(advice) => Refused { advice, stage: Stage::Sasl },
            // The brokers answered, and sent librdkafka on.
            None if connection.trouble.is_about_others(&settings.kafka.bootstrap_servers) => {
                let told = connection.trouble.explain().replace('\n', " ");
                let cause = format!(
                    "the brokers send clients to addresses that cannot be used from here:{}",
                    told.trim_end()
                );
                Refused { advice: Advice::new(cause, listeners::CHANGE), stage: Stage::Listeners }
            }
            None => Refused { advice: told(&error), stage: Stage::Metadata },
        }),
    })
}

/// An explanation of several lines, whose last says what to change.
fn told(error: &Error) -> Advice {
    let lines = error.lines();
    let mut lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    let last = lines.pop().unwrap_or_default();
    // Here it is.
    let last = last.strip_suffix(MORE).unwrap_or(last);
    if lines.is_empty() { Advice::of(last) } else { Advice::new(lines.join(": "), last) }
}

impl Reached {
    /// The cluster and its brokers.
    pub(crate) fn words(&self) -> Vec<String> {
        let brokers = self.metadata.brokers().len();
        let topics = self.metadata.topics().len();
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let what = match &self.id {
            _ if self.is_embedded => "the embedded broker".to_owned(),
            Some(id) => format!("cluster {id}"),
            None => "a cluster without an id".to_owned(),
        };
        vec![format!(
            "{what}: {brokers} broker{}, {topics} topic{} shown to this user",
            plural(brokers),
            plural(topics)
        )]
    }
}
