//! A librdkafka client whose events we serve ourselves.
//!
//! rust-rdkafka's `BaseProducer` and `BaseConsumer` hide what the programs need: `poll` waits out
//! its whole timeout, the end of a partition loses its topic, dropping a consumer reads on and
//! discards. [`Client`] keeps rust-rdkafka's configuration and metadata, and hands out each event
//! as soon as it comes.
#![expect(unsafe_code, reason = "each call into librdkafka states why it is sound")]

use std::ffi::CString;
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::bindings as sys;
use rdkafka::client::{Client as NativeClient, DefaultClientContext};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::groups::GroupList;
use rdkafka::metadata::Metadata;
use rdkafka::types::RDKafkaType;

use crate::certificate::explain_refusals;
use crate::native::{Queue, Reason, checked};
use crate::partitioner;
use crate::token::TokenSource;

/// What a client is for; librdkafka makes them differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sends messages; also the kind that asks for metadata and administers.
    Producer,
    /// Reads messages, alone or in a group.
    Consumer,
}

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// librdkafka refuses one property.
    #[error("{reason}")]
    Property {
        /// The property's name.
        name: String,
        /// librdkafka's reason; it may quote the value, so it is not to be shown for a secret.
        reason: String,
    },
    /// librdkafka refuses the properties together, or cannot start.
    #[error("{0}")]
    Client(String),
}

/// One librdkafka client with its queue of events. A clone is the same client; it ends with the
/// last of its clones, events, messages and topics. Threads can share it; an event goes to the
/// thread that polls first.
#[derive(Clone)]
pub struct Client(Arc<Handle>);

struct Handle {
    native: ManuallyDrop<NativeClient<DefaultClientContext>>,
    queue: ManuallyDrop<Queue>,
    /// For a login by tokens.
    tokens: Option<TokenSource>,
    /// How long messages without a key keep to a partition, where kp chooses it.
    sticky: Option<Duration>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client. Nothing is sent yet; librdkafka connects in the background.
    ///
    /// `log_level` is the finest level that arrives as [`crate::Event::Log`]. `tokens` is asked by
    /// the thread that polls, whenever a login by OAUTHBEARER needs a token. Without it librdkafka
    /// gets tokens by its own ways.
    ///
    /// # Errors
    /// [`CreateError`], when librdkafka refuses a property or their combination.
    pub fn new(
        kind: Kind,
        properties: &[(&str, &str)],
        log_level: RDKafkaLogLevel,
        tokens: Option<TokenSource>,
    ) -> Result<Self, CreateError> {
        // Without this OpenSSL frees what it has when the process exits. The programs exit while
        // librdkafka's threads still use it, and crashed. The first initialisation decides.
        #[cfg(feature = "tls")]
        openssl_sys::init();
        let mut config = ClientConfig::new();
        config.set_log_level(log_level);
        let native_config = config
            .create_native_config()
            .map_err(|error| CreateError::Client(error.to_string()))?;
        for (name, value) in properties {
            set_property(native_config.ptr(), name, value)?;
        }
        let sticky = match kind {
            // SAFETY: the configuration is alive until `NativeClient::new` takes it over.
            Kind::Producer => unsafe { partitioner::take_over(native_config.ptr(), properties) },
            Kind::Consumer => None,
        };
        if sticky.is_some() {
            let (name, value) = partitioner::NOT_STICKY;
            set_property(native_config.ptr(), name, value)?;
        }
        // SAFETY: the configuration is alive until `NativeClient::new` takes it over.
        unsafe {
            explain_refusals(native_config.ptr());
            sys::rd_kafka_conf_set_events(
                native_config.ptr(),
                sys::RD_KAFKA_EVENT_DR
                    | sys::RD_KAFKA_EVENT_ERROR
                    | sys::RD_KAFKA_EVENT_REBALANCE
                    | sys::RD_KAFKA_EVENT_OFFSET_COMMIT
                    // librdkafka then waits for an answer, which needs `tokens`.
                    | if tokens.is_some() {
                        sys::RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH
                    } else {
                        0
                    },
            );
        }
        let native_kind = match kind {
            Kind::Producer => RDKafkaType::RD_KAFKA_PRODUCER,
            Kind::Consumer => RDKafkaType::RD_KAFKA_CONSUMER,
        };
        let native = NativeClient::new(&config, native_config, native_kind, DefaultClientContext)
            .map_err(|error| match error {
            KafkaError::ClientCreation(reason) => CreateError::Client(reason),
            other => CreateError::Client(other.to_string()),
        })?;
        // SAFETY: the client was just made, and outlives the queue (see `Drop`).
        let queue = unsafe {
            match kind {
                Kind::Producer => {
                    Queue::from_raw(sys::rd_kafka_queue_get_main(native.native_ptr()))
                }
                Kind::Consumer => {
                    // From here on one queue carries messages, rebalances, errors and log lines.
                    sys::rd_kafka_poll_set_consumer(native.native_ptr());
                    Queue::from_raw(sys::rd_kafka_queue_get_consumer(native.native_ptr()))
                }
            }
        }
        .ok_or_else(|| CreateError::Client("librdkafka made no event queue".to_owned()))?;
        Ok(Self(Arc::new(Handle {
            native: ManuallyDrop::new(native),
            queue: ManuallyDrop::new(queue),
            tokens,
            sticky,
        })))
    }

    /// Brokers and topics: one topic, or all that this user may see.
    ///
    /// # Errors
    /// librdkafka's, most often a transport failure or a timeout.
    pub fn metadata(&self, topic: Option<&str>, timeout: Duration) -> Result<Metadata, KafkaError> {
        if topic.is_some_and(|name| name.contains('\0')) {
            return Err(KafkaError::Nul(nul_error()));
        }
        self.0.native.fetch_metadata(topic, timeout)
    }

    /// Lets librdkafka ask a broker that is there which brokers there are and which is the
    /// controller. Where none answers within `timeout`, it stays with what it knows. Returns
    /// whether one has answered.
    pub fn refresh_brokers(&self, timeout: Duration) -> bool {
        let mut metadata = std::ptr::null();
        // SAFETY: the client is alive; without a topic none is read; the metadata is ours to
        // destroy, if there is any.
        unsafe {
            let code = sys::rd_kafka_metadata(
                self.raw(),
                0,
                std::ptr::null_mut(),
                &raw mut metadata,
                crate::native::millis(timeout),
            );
            if !metadata.is_null() {
                sys::rd_kafka_metadata_destroy(metadata);
            }
            checked(code).is_ok()
        }
    }

    /// The cluster's id, as the brokers tell it.
    pub fn cluster_id(&self, timeout: Duration) -> Option<String> {
        self.0.native.fetch_cluster_id(timeout)
    }

    /// The earliest kept offset and the end offset of a partition that is read, as of the broker's
    /// last answer with messages; nobody is asked. The end is that of all messages, whatever
    /// `isolation.level` says.
    pub fn last_known_bounds(&self, topic: &str, partition: i32) -> Option<(i64, i64)> {
        let topic = CString::new(topic).ok()?;
        let (mut low, mut end) = (0, 0);
        // SAFETY: the client is alive, the name ends with NUL, and the out-pointers are valid.
        let code = unsafe {
            sys::rd_kafka_get_watermark_offsets(
                self.raw(),
                topic.as_ptr(),
                partition,
                &raw mut low,
                &raw mut end,
            )
        };
        // It is negative as long as there was no answer.
        (checked(code).is_ok() && end >= 0).then_some((low, end))
    }

    /// The groups that answer to the requests of classic groups, or only the one of this name. Of
    /// others it has the name alone.
    ///
    /// # Errors
    /// librdkafka's, most often a timeout.
    pub fn older_groups(
        &self,
        name: Option<&str>,
        timeout: Duration,
    ) -> Result<GroupList, KafkaError> {
        self.0.native.fetch_group_list(name, timeout)
    }

    /// The error after which librdkafka refuses all further work, if there was one.
    pub fn fatal_error(&self) -> Option<(rdkafka::error::RDKafkaErrorCode, String)> {
        self.0.native.fatal_error()
    }

    pub(crate) fn raw(&self) -> *mut sys::rd_kafka_t {
        self.0.native.native_ptr()
    }

    /// Answers librdkafka's question for a token.
    pub(crate) fn renew_token(&self) {
        let Some(source) = &self.0.tokens else {
            return;
        };
        // SAFETY: the client is alive.
        if let Err(reason) = source().and_then(|token| unsafe { token.give_to(self.raw()) }) {
            let reason = CString::new(reason.replace('\0', " ")).unwrap_or_default();
            // SAFETY: the client is alive, and the text ends with NUL and is copied. It fails only
            // without OAUTHBEARER, where nobody asks for tokens.
            unsafe {
                sys::rd_kafka_oauthbearer_set_token_failure(self.raw(), reason.as_ptr());
            }
        }
    }

    /// How long messages without a key keep to a partition, where kp chooses it.
    pub(crate) fn sticky(&self) -> Option<Duration> {
        self.0.sticky
    }

    /// The queue that carries this client's events.
    pub(crate) fn queue(&self) -> &Queue {
        &self.0.queue
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: dropped once, here, while the client is alive.
        unsafe { ManuallyDrop::drop(&mut self.queue) }
        let client = ToDestroy(self.native.native_ptr());
        // librdkafka waits for its requests in flight, for up to a session timeout where a broker
        // hangs. The caller need not wait for that. Where no thread can be had, the client stays
        // until the end of the process.
        let _ = std::thread::Builder::new()
            .name("kp-destroy".to_owned())
            .spawn(move || client.destroy());
    }
}

/// A client that nobody uses any more.
struct ToDestroy(*mut sys::rd_kafka_t);

// SAFETY: librdkafka's clients may be destroyed by any thread but their own.
unsafe impl Send for ToDestroy {}

impl ToDestroy {
    fn destroy(self) {
        // SAFETY: the client is destroyed exactly once: `Handle::native` is never dropped, because
        // its own destructor would leave a group without a deadline. `Client::close` leaves it with
        // one.
        unsafe { sys::rd_kafka_destroy_flags(self.0, sys::RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }
    }
}

fn set_property(
    config: *mut sys::rd_kafka_conf_t,
    name: &str,
    value: &str,
) -> Result<(), CreateError> {
    let refused = |reason: String| CreateError::Property { name: name.to_owned(), reason };
    let (Ok(c_name), Ok(c_value)) = (CString::new(name), CString::new(value)) else {
        return Err(refused("a NUL character cannot be part of a property".to_owned()));
    };
    let mut reason = Reason::new();
    // SAFETY: both strings end with NUL, the buffer's true length is given, and `config` is alive.
    let result = unsafe {
        sys::rd_kafka_conf_set(
            config,
            c_name.as_ptr(),
            c_value.as_ptr(),
            reason.as_mut_ptr(),
            reason.len(),
        )
    };
    if result == sys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK {
        return Ok(());
    }
    Err(refused(reason.to_string()))
}

fn nul_error() -> std::ffi::NulError {
    match CString::new("\0") {
        Err(error) => error,
        Ok(_) => unreachable!("a string with NUL is no C string"),
    }
}
