//! The first words with a broker: TLS, the requests that it knows, the logins that it offers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{
    ApiKey, ApiVersionsRequest, ApiVersionsResponse, MetadataRequest, SaslHandshakeRequest,
};
use kafka_protocol::protocol::StrBytes;

use super::dns::Site;
use super::route::{Opened, Route};
use super::step::{Finding, Outcome, Stage};
use super::wire::{Silence, Wire};
use crate::addresses::at_once;
use crate::advice::Advice;
use crate::listener;
#[cfg(feature = "tls")]
use crate::trouble::about_tls;
use crate::trouble::{LOGIN_ADVICE, Trouble, about_login};

/// How much longer the whole may take than one of its parts.
const GRACE: Duration = Duration::from_millis(500);

/// What came of one broker's first words.
pub(crate) struct Talk {
    pub(crate) site: Site,
    parts: Vec<Part>,
    /// Whether it tells how the controllers are, and with that their clock.
    pub(crate) knows_quorum: bool,
}

/// What came of one step.
struct Part {
    stage: Stage,
    took: Duration,
    result: Result<Vec<String>, Advice>,
    doubt: Option<Advice>,
}

impl Talk {
    pub(crate) fn is_well(&self) -> bool {
        self.parts.iter().all(|part| part.result.is_ok())
    }

    /// The last word counts: TLS 1.3 may refuse a certificate after the handshake.
    fn at(&self, stage: Stage) -> Option<&Part> {
        self.parts.iter().rev().find(|part| part.stage == stage)
    }

    fn took(&self, stage: Stage) -> Duration {
        self.parts.iter().filter(|part| part.stage == stage).map(|part| part.took).sum()
    }
}

/// Talks to all sites at once.
pub(crate) fn talk_to_all(route: &Arc<Route>, sites: &[Site]) -> Vec<Talk> {
    let late = |site: &Site| Talk {
        site: site.clone(),
        parts: vec![Part {
            stage: if route.protocol.uses_tls() { Stage::Tls } else { Stage::ApiVersions },
            took: route.patience,
            result: Err(mute()),
            doubt: None,
        }],
        knows_quorum: false,
    };
    // Of the numbers of a name one that is well is enough: librdkafka goes on to it, too.
    let each = |(place, site): (usize, &Site)| {
        let address = site.address.clone();
        let of = move |&socket| (place, Site { address: address.clone(), sockets: vec![socket] });
        site.sockets.iter().map(of).collect::<Vec<_>>()
    };
    let numbers: Vec<(usize, Site)> = sites.iter().enumerate().flat_map(each).collect();
    let mut talks: Vec<Option<Talk>> = sites.iter().map(|_| None).collect();
    let shared = Arc::clone(route);
    let act = move |(_, site): &(usize, Site)| Talking::new(&shared, site).talk();
    // Each of both connections has its time, and finding out what is spoken has some more.
    for (index, talk) in at_once(&numbers, route.patience * 2 + GRACE, act) {
        let kept = &mut talks[numbers[index].0];
        if kept.as_ref().is_none_or(|kept| talk.is_well() && !kept.is_well()) {
            *kept = Some(talk);
        }
        if talks.iter().all(|talk| talk.as_ref().is_some_and(Talk::is_well)) {
            break;
        }
    }
    sites.iter().zip(talks).map(|(site, talk)| talk.unwrap_or_else(|| late(site))).collect()
}

/// What came of a step with all of the brokers that came so far, and how long it took; none where
/// nobody did.
pub(crate) fn finding(talks: &[Talk], stage: Stage) -> Option<(Finding, Duration)> {
    let parts: Vec<(&Talk, &Part)> =
        talks.iter().filter_map(|talk| Some((talk, talk.at(stage)?))).collect();
    let took = parts.iter().map(|(talk, _)| talk.took(stage)).max()?;
    // What all brokers say is told once.
    let differ = parts.windows(2).any(|pair| pair[0].1.result != pair[1].1.result);
    let said = parts.iter().map(|(talk, part)| {
        let address = &talk.site.address;
        let lines = part.result.clone().map_err(|advice| advice.about(address))?;
        let about = |line: String| if differ { format!("{address}: {line}") } else { line };
        Ok(lines.into_iter().map(about).collect())
    });
    // A broker that needs no such step is well in it: without TLS and a login these have no part.
    let others = talks.iter().filter(|talk| talk.is_well() && talk.at(stage).is_none());
    let mut finding = Finding::any_of(said.chain(others.map(|_| Ok(Vec::new()))).collect());
    if finding.outcome == Outcome::Right
        && let Some((talk, part)) = parts.iter().find(|(_, part)| part.doubt.is_some())
        && let Some(doubt) = part.doubt.clone()
    {
        finding.outcome = Outcome::Doubtful(doubt.about(&talk.site.address));
    }
    Some((finding, took))
}

/// A talk that goes on.
struct Talking<'r> {
    route: &'r Route,
    site: &'r Site,
    parts: Vec<Part>,
    since: Instant,
    knows_quorum: bool,
}

impl<'r> Talking<'r> {
    fn new(route: &'r Route, site: &'r Site) -> Self {
        Self { route, site, parts: Vec::new(), since: Instant::now(), knows_quorum: false }
    }

    fn talk(mut self) -> Talk {
        // What ends it has noted why.
        let _ = self.words();
        Talk { site: self.site.clone(), parts: self.parts, knows_quorum: self.knows_quorum }
    }

    fn words(&mut self) -> Option<()> {
        let mut wire = self.open()?;
        let versions = wire.ask_for_list(0, &ApiVersionsRequest::default(), 6);
        let versions = versions.map_err(|silence| self.no_kafka(&silence)).ok()?;
        self.knows_quorum = knows_quorum(&versions);
        self.note(Stage::ApiVersions, Ok(vec![about_versions(&versions)]));
        if self.route.protocol.uses_sasl() {
            self.offered_logins(&mut wire)
        } else {
            self.without_login(&mut wire)
        }
    }

    fn note(&mut self, stage: Stage, result: Result<Vec<String>, Advice>) {
        let took = self.since.elapsed();
        self.since = Instant::now();
        self.parts.push(Part { stage, took, result, doubt: None });
    }

    fn open(&mut self) -> Option<Wire> {
        let host = self.site.address.host();
        let socket = *self.site.sockets.first()?;
        match self.route.open(&host, socket) {
            Ok(Opened { wire, secured: None }) => Some(wire),
            Ok(Opened { wire, secured: Some(secured) }) => {
                self.note(Stage::Tls, Ok(vec![secured.words]));
                if let Some(part) = self.parts.last_mut() {
                    part.doubt = secured.doubt;
                }
                Some(wire)
            }
            Err(advice) => {
                let advice = self.mismatch().unwrap_or(advice);
                self.note(Stage::Tls, Err(advice));
                None
            }
        }
    }

    /// Nothing was answered to the first question.
    fn no_kafka(&mut self, silence: &Silence) {
        if let Some(advice) = self.ended_by_tls(silence) {
            return self.note(Stage::Tls, Err(advice));
        }
        match self.mismatch() {
            Some(advice) => self.note(Stage::Tls, Err(advice)),
            None => self.note(Stage::ApiVersions, Err(mute())),
        }
    }

    /// What is wrong between what was spoken and what is expected.
    fn mismatch(&self) -> Option<Advice> {
        let address = &self.site.address;
        let found = listener::ask_all(std::slice::from_ref(address)).pop()??;
        let sentence = Trouble::mismatch(address, self.route.protocol, found)?;
        Some(without(address, &sentence))
    }

    #[cfg(feature = "tls")]
    fn ended_by_tls(&self, silence: &Silence) -> Option<Advice> {
        let Silence::Tls(reason) = silence else { return None };
        let tls = self.route.tls.as_ref()?;
        let (cause, change) = about_tls(reason, tls.shows_certificate);
        Some(Advice::new(cause, change))
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, reason = "it stands for the method of the build with TLS")]
    fn ended_by_tls(&self, _: &Silence) -> Option<Advice> {
        None
    }

    fn offered_logins(&mut self, wire: &mut Wire) -> Option<()> {
        let mechanism = self.route.value("sasl.mechanisms");
        let request = SaslHandshakeRequest::default()
            .with_mechanism(StrBytes::from_string(mechanism.clone()));
        let answer = wire.ask_for_list(1, &request, 2);
        let result = match answer {
            Ok(answer) if answer.error_code == 0 => Ok(vec![mechanism]),
            Ok(answer) if answer.error_code == ResponseError::UnsupportedSaslMechanism.code() => {
                let offered: Vec<&str> = answer.mechanisms.iter().map(|one| &**one).collect();
                let offered = offered.join(", ");
                Err(Advice::new(
                    format!("the broker offers {offered} to log in by, and not {mechanism}"),
                    format!("set kafka.sasl_mechanism to one of them: {offered}"),
                ))
            }
            Ok(answer) if answer.error_code == ResponseError::IllegalSaslState.code() => {
                let (_, change) = about_login("SASL state");
                Err(Advice::new("the port takes no login", change))
            }
            Ok(answer) => {
                let code = answer.error_code;
                Err(Advice::new(format!("the broker begins no login (Kafka's error {code})"), ""))
            }
            Err(silence) => {
                let ended = self.ended_by_tls(&silence);
                Err(ended.unwrap_or_else(|| {
                    Advice::new(
                        "the broker hangs up where the login begins",
                        "is this a port with a login? Check kafka.security_protocol",
                    )
                }))
            }
        };
        self.note(Stage::Sasl, result);
        Some(())
    }

    /// A broker that wants a login hangs up at the first question that needs one.
    fn without_login(&mut self, wire: &mut Wire) -> Option<()> {
        let nothing = MetadataRequest::default()
            .with_topics(Some(Vec::new()))
            .with_allow_auto_topic_creation(false);
        match wire.ask(4, &nothing) {
            Err(Silence::HungUp) => {
                self.note(Stage::Sasl, Err(Advice::new("the broker wants a login", LOGIN_ADVICE)));
            }
            Err(silence) => match self.ended_by_tls(&silence) {
                Some(advice) => self.note(Stage::Tls, Err(advice)),
                None => {
                    let cause = "answers ApiVersions, and not Metadata";
                    self.note(Stage::ApiVersions, Err(Advice::new(cause, Trouble::MUTE_ADVICE)));
                }
            },
            Ok(_) => {}
        }
        Some(())
    }
}

/// An address that takes connections and says nothing, neither in TLS nor without.
fn mute() -> Advice {
    Advice::new(
        "takes connections, but does not answer as Kafka does: it hangs, is still starting, or is no Kafka",
        Trouble::MUTE_ADVICE,
    )
}

/// A sentence about an address without that.
fn without(address: &kp_settings::Address, sentence: &str) -> Advice {
    let sentence = sentence.strip_prefix(&format!("{address}: ")).unwrap_or(sentence);
    Advice::of(sentence)
}

fn knows_quorum(versions: &ApiVersionsResponse) -> bool {
    let mut keys = versions.api_keys.iter();
    keys.any(|one| one.api_key == ApiKey::DescribeQuorum as i16 && one.max_version >= 1)
}

/// How many requests a broker knows, and how old it is at most.
fn about_versions(versions: &ApiVersionsResponse) -> String {
    let keys = &versions.api_keys;
    let knows = |key: ApiKey| keys.iter().any(|one| one.api_key == key as i16);
    let dropped =
        |key: ApiKey| keys.iter().any(|one| one.api_key == key as i16 && one.min_version > 0);
    // Kafka 4.0 dropped old forms; the requests came with the others.
    let release = if dropped(ApiKey::ListOffsets) {
        "; Kafka 4.0 or newer"
    } else if knows(ApiKey::DescribeTransactions) {
        "; Kafka 3.0 or newer"
    } else if knows(ApiKey::AlterPartitionReassignments) {
        "; Kafka 2.4 or newer"
    } else {
        ""
    };
    let plural = if keys.len() == 1 { "" } else { "s" };
    format!("knows {} kind{plural} of requests{release}", keys.len())
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener};

    use kafka_protocol::messages::api_versions_response::ApiVersion;
    use kp_rdkafka::mock::MockCluster;

    use super::*;

    #[test]
    fn of_the_numbers_of_a_name_one_that_answers_is_enough() {
        // It takes connections and says nothing.
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let other = (other.local_addr().unwrap(), other);
        let cluster = MockCluster::new(1).unwrap();
        let good: SocketAddr = cluster.bootstrap_servers().parse().unwrap();
        let site = |sockets: &[SocketAddr]| Site {
            address: "localhost:1".parse().unwrap(),
            sockets: sockets.to_vec(),
        };
        let route = Arc::new(Route::for_test(&[]));
        let talks = talk_to_all(&route, &[site(&[other.0, good]), site(&[other.0])]);
        let well: Vec<_> = talks.iter().map(|talk| (talk.is_well(), &talk.site.sockets)).collect();
        assert_eq!(well, [(true, &vec![good]), (false, &vec![other.0])]);
    }

    #[test]
    fn a_release_is_told_by_what_it_brought_or_dropped() {
        let key = |key: ApiKey, min, max| {
            ApiVersion::default()
                .with_api_key(key as i16)
                .with_min_version(min)
                .with_max_version(max)
        };
        let said = |keys: &[ApiVersion]| {
            about_versions(&ApiVersionsResponse::default().with_api_keys(keys.to_vec()))
        };
        assert_eq!(said(&[key(ApiKey::ListOffsets, 0, 7)]), "knows 1 kind of requests");
        let moved = key(ApiKey::AlterPartitionReassignments, 0, 0);
        assert_eq!(
            said(std::slice::from_ref(&moved)),
            "knows 1 kind of requests; Kafka 2.4 or newer"
        );
        let newer = key(ApiKey::DescribeTransactions, 0, 0);
        assert_eq!(
            said(&[moved.clone(), newer.clone()]),
            "knows 2 kinds of requests; Kafka 3.0 or newer"
        );
        let newest = key(ApiKey::ListOffsets, 1, 10);
        assert_eq!(said(&[moved, newer, newest]), "knows 3 kinds of requests; Kafka 4.0 or newer");
    }
}
