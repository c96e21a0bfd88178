//! Connecting, until messages can be sent.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use kp_rdkafka::Batch;
use kp_settings::{Acks, Role, Settings};

use super::clock::Clock;
use super::destination::Batches;
use super::tally::Tally;
use super::{Producer, figures, state};
use crate::connect::Connection;
use crate::create::value;
use crate::error::Error;

/// librdkafka's default for `message.max.bytes`.
const LARGEST_MESSAGE: usize = 1_000_000;

impl Producer {
    /// Connects, and makes sure that this topic is there to send to. Without one, each topic is
    /// looked for when the first message for it comes.
    ///
    /// # Errors
    /// Settings that librdkafka refuses, no broker, or no such topic where `producer.create_topics`
    /// is off.
    pub fn connect(settings: &Settings, topic: Option<&str>) -> Result<Self, Error> {
        let acks = settings.producer.acks;
        let id = settings.producer.transactional_id.clone();
        Self::open(settings, Role::Producer, topic, acks, id)
    }

    /// Connects to send on what a consumer has read: acks=all and idempotent whatever `[producer]`
    /// says, and in transactions when the consumer copies.
    ///
    /// # Errors
    /// As [`Producer::connect`].
    pub fn connect_forwarder(settings: &Settings, topic: &str) -> Result<Self, Error> {
        let copies = settings.consumer.copy_to.is_some();
        let id = settings.consumer.transactional_id.clone();
        Self::open(settings, Role::Forwarder, Some(topic), Acks::All, id.filter(|_| copies))
    }

    fn open(
        settings: &Settings,
        role: Role,
        topic: Option<&str>,
        acks: Acks,
        transactional_id: Option<String>,
    ) -> Result<Self, Error> {
        let is_transactional = transactional_id.is_some();
        let is_idempotent = role == Role::Forwarder || settings.producer.idempotence;
        let (connection, _) = Connection::open(settings, role, topic)?;
        if is_transactional && connection.is_embedded() {
            return Err(Error::Embedded {
                what: "keep transactions (it shows what was aborted, and lets two producers have the same name)"
                    .to_owned(),
            });
        }
        let mut producer = Self {
            topics: Vec::new(),
            indices: HashMap::new(),
            pending: Batch::default(),
            to: (0, None),
            client: connection.client,
            tally: Tally::new(),
            trouble: connection.trouble,
            waiting: None,
            obstacle: None,
            acks,
            delivery_timeout: settings.producer.delivery_timeout,
            clock: settings
                .gives_up_all(role)
                .then(|| Clock::new(settings.producer.delivery_timeout, Instant::now())),
            overdue: None,
            promise: state::promise(acks, is_idempotent, is_transactional),
            broker: connection.broker,
            create_topics: settings.producer.create_topics,
            patience: connection.patience,
            role,
            settings: settings.clone(),
            batches: Batches::of(&connection.properties),
            largest_message: value(&connection.properties, "message.max.bytes")
                .parse()
                .unwrap_or(LARGEST_MESSAGE),
            properties: connection.properties,
            ledger: None,
            reports: None,
            schedule: None,
            timeline: None,
            waited_for_room: Duration::ZERO,
            transactional_id: transactional_id.unwrap_or_default(),
            was_refused: false,
            refusal: None,
            is_initialised: false,
            refused_for_good: None,
            is_keyless_noted: false,
            transaction: None,
            transactions: figures::Transactions::default(),
            watcher: None,
            stopped: Box::new(|| false),
        };
        if let Some(topic) = topic {
            let index = producer.open_topic(topic)?;
            if is_transactional {
                // A transaction belongs to one client: which one must be known before.
                producer.check_limit(index)?;
            }
        }
        if is_transactional {
            producer.init_transactions()?;
        }
        Ok(producer)
    }
}
