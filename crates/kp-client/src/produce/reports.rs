//! Delivery reports: each is counted, noted in the ledger, and put into words where a message
//! failed.

use std::time::{Duration, Instant};

use kp_audit::Promise;
use kp_rdkafka::{Delivery, Event};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::kind::FailureKind;
use super::{GLANCE, Producer, clock, kind};
use crate::error::{Error, is_refusal};

/// How long it may take until all that was given up has been reported.
const GIVING_UP: Duration = Duration::from_secs(1);

/// The bits of a report's number that are the message's own; above them is its tick.
const NUMBER_BITS: u32 = usize::BITS - clock::BITS;
const NUMBER: usize = (1 << NUMBER_BITS) - 1;

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its number, or with a ledger its number there.
    pub number: u64,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was acknowledged. With acks=0 it was handed to the network, which confirms nothing.
    Acknowledged {
        /// The partition that it is in.
        partition: i32,
        /// Its offset there; none where the broker did not tell.
        offset: Option<i64>,
    },
    /// It failed, for this reason. It may be stored all the same.
    Failed(String),
    /// It was under way when it was given up, for this reason: it may be stored or not.
    Unknown(String),
}

impl Producer {
    /// From here on what becomes of each message is kept until [`Producer::take_reports`].
    pub fn keep_reports(&mut self) {
        self.reports = Some(Vec::new());
    }

    /// What became of messages since this was last asked, in the order in which it was told. In a
    /// transaction they count only once it is committed: after an abort these reports mean nothing.
    pub fn take_reports(&mut self) -> Vec<Report> {
        self.reports.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// What comes back in the report of message `number`.
    pub(super) fn tag(&mut self, number: u64) -> usize {
        let tick = self.clock.as_mut().map_or(0, clock::Clock::take);
        (number as usize & NUMBER) | (tick << NUMBER_BITS)
    }

    /// A message is not open any more; its number.
    pub(super) fn untag(&mut self, tag: usize) -> u64 {
        if let Some(clock) = &mut self.clock {
            clock.settle(tag >> NUMBER_BITS);
        }
        (tag & NUMBER) as u64
    }

    /// Counts the reports that are there, and waits for the first one at most for `timeout`.
    pub(super) fn count_reports(&mut self, timeout: Duration) -> Result<(), Error> {
        self.drain(timeout);
        if let Some(clock) = &mut self.clock
            && self.overdue.is_none()
            && clock.is_overdue(Instant::now())
        {
            let error = self.give_up_all();
            self.write_ledger()?;
            return Err(error);
        }
        self.look_why();
        self.trouble.look_for_return(&self.client);
        self.tell_watcher();
        self.write_ledger()?;
        // All that follows would be refused as well.
        self.refusal.take().map_or(Ok(()), Err)
    }

    fn drain(&mut self, timeout: Duration) {
        let mut wait = timeout;
        while let Some(event) = self.client.poll(wait) {
            match event {
                Event::Deliveries(deliveries) => {
                    let now = self.look_at_clock();
                    deliveries.for_each(|delivery| self.count(delivery, now));
                }
                event => self.trouble.note(&event),
            }
            wait = Duration::ZERO;
        }
        self.look_at_clock();
    }

    /// The time, where a schedule or a timeline needs it: once for the reports of one batch.
    fn look_at_clock(&mut self) -> Option<Instant> {
        if self.timeline.is_none() && self.schedule.is_none() {
            return None;
        }
        let now = Instant::now();
        if let Some(timeline) = &mut self.timeline {
            timeline.note(&self.tally);
            timeline.go_on(now);
        }
        Some(now)
    }

    /// The oldest message has been open for too long, so that nothing is sent any more. librdkafka
    /// would send it again under a new sequence, and a broker that has it already could not tell.
    fn give_up_all(&mut self) -> Error {
        let cause = self.cause();
        let reason = format!(
            "a message was not acknowledged within {:?} (--delivery-timeout){cause}; nothing more is sent, so that nothing is stored \
             twice (--on-timeout go-on sends on)",
            self.delivery_timeout
        );
        self.overdue = Some(reason.clone());
        let end = Instant::now() + GIVING_UP;
        while self.tally.open() > 0 && Instant::now() < end {
            self.client.purge();
            self.drain(GLANCE);
        }
        Error::Overdue(reason)
    }

    /// Whether and why nothing is sent any more.
    pub(super) fn check_overdue(&self) -> Result<(), Error> {
        match &self.overdue {
            None => Ok(()),
            Some(reason) => Err(Error::Overdue(reason.clone())),
        }
    }

    /// Counts a report; `now` is there where a schedule is.
    fn count(&mut self, delivery: Delivery, now: Option<Instant>) {
        let number = self.untag(delivery.opaque);
        let Some(code) = delivery.error else {
            if let Some(ledger) = &mut self.ledger {
                ledger.acknowledged(number, delivery.partition, delivery.offset);
            }
            if let Some(reports) = &mut self.reports {
                let offset = (delivery.offset >= 0).then_some(delivery.offset);
                let fate = Fate::Acknowledged { partition: delivery.partition, offset };
                reports.push(Report { number, fate });
            }
            self.trouble.clear();
            self.tally.acknowledged += 1;
            self.tally.bytes += delivery.size as u64;
            let latency = match (&self.schedule, now) {
                (Some(schedule), Some(now)) => schedule.latency_micros(number, now),
                _ => delivery.latency_micros,
            };
            self.tally.latency.saturating_record(latency);
            if let Some(timeline) = &mut self.timeline {
                timeline.record(latency);
            }
            return;
        };
        if self.overdue.is_some() && delivery.is_maybe_stored {
            // The ledger has no report of it, as it is.
            self.tally.lose(number);
            if let (Some(reports), Some(reason)) = (&mut self.reports, &self.overdue) {
                reports.push(Report { number, fate: Fate::Unknown(reason.clone()) });
            }
            return;
        }
        if code == Code::MessageTimedOut && self.promise == Promise::Once {
            self.weaken();
        }
        if kind::is_about_size(code) {
            self.hear_limit_of(delivery.topic.as_deref());
        }
        let why = self.why(code, &delivery);
        let reason = match &delivery.topic {
            Some(topic) if why.contains(topic.as_str()) => why,
            // What a broker refuses it refuses in one partition.
            Some(topic) if code as i32 > 0 => {
                format!("topic {topic} [{}]: {why}", delivery.partition)
            }
            Some(topic) => format!("topic {topic}: {why}"),
            None => why,
        };
        let reason = match code {
            // librdkafka has sent it, and a broker may have taken it.
            Code::MessageTimedOut if delivery.is_maybe_stored => {
                format!("{reason}; it was under way, and may be stored")
            }
            _ => reason,
        };
        self.note_for_good(code, number, &reason, &delivery);
        self.fail(reason, FailureKind::of(code, self.overdue.is_some()), number);
        if is_refusal(code) && !std::mem::replace(&mut self.was_refused, true) {
            let what = format!("topic {}", delivery.topic.unwrap_or_default());
            let error = Error::at(what.clone(), code);
            self.refusal = Some(match code {
                Code::TopicAuthorizationFailed => error.needs(format!("Write on {what}")),
                _ => error,
            });
        }
    }

    /// librdkafka has begun a new sequence, and sends again what was under way.
    fn weaken(&mut self) {
        self.promise = Promise::Stored;
        if let Some(ledger) = &mut self.ledger {
            ledger.promise(Promise::Stored);
        }
    }

    /// A message that was refused before it was queued.
    pub(super) fn refuse(&mut self, index: usize, code: Code, number: u64) {
        let topic = &self.topics[index].name;
        let reason = format!("topic {topic}: {}", self.why_not_queued(code));
        self.refused_for_good.get_or_insert_with(|| (number, reason.clone()));
        self.fail(reason, FailureKind::of(code, false), number);
    }

    /// Of a batch the first message counts that is known to be refused for itself.
    fn note_for_good(&mut self, code: Code, number: u64, reason: &str, delivery: &Delivery) {
        let is_first = self.refused_for_good.is_none();
        let is_keyless = code == Code::InvalidRecord && !delivery.has_key;
        if kind::is_for_good(code) && (is_first || (is_keyless && !self.is_keyless_noted)) {
            self.is_keyless_noted |= is_keyless;
            self.refused_for_good = Some((number, reason.to_owned()));
        }
    }

    fn fail(&mut self, reason: String, kind: FailureKind, number: u64) {
        if let Some(ledger) = &mut self.ledger {
            ledger.failed(number, &reason);
        }
        if let Some(reports) = &mut self.reports {
            reports.push(Report { number, fate: Fate::Failed(reason.clone()) });
        }
        self.tally.fail(reason, kind, number);
    }

    /// What was heard last, to be put behind a sentence.
    pub(super) fn cause(&self) -> String {
        if let Some(obstacle) = self.obstacle() {
            return format!(": {obstacle}");
        }
        let cause = self.trouble.brief();
        cause.map_or_else(String::new, |cause| format!(": {cause}"))
    }
}
