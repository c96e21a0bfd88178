//! Every librdkafka property that can be written as text: facts from its `CONFIGURATION.md` and,
//! for secrets, from the `_RK_SENSITIVE` marks of `rdkafka_conf.c` (librdkafka 2.12.1).
//!
//! Callbacks and pointers are absent, because no text can set them. `kp-client` compares this table
//! with the librdkafka that is linked.

use super::PropertyKind::{Acks, Boolean, Choice, Integer, Number, Text};
use super::Scope::{Any, Consumer, Producer};
use super::{LibrdkafkaProperty, PropertyKind, Scope};

const fn p(name: &'static str, scope: Scope, kind: PropertyKind) -> LibrdkafkaProperty {
    LibrdkafkaProperty {
        name,
        scope,
        kind,
        alias_of: None,
        secret: false,
    }
}

impl LibrdkafkaProperty {
    const fn alias(mut self, of: &'static str) -> Self {
        self.alias_of = Some(of);
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

pub(super) static PROPERTIES: &[LibrdkafkaProperty] = &[
    p("builtin.features", Any, Text),
    p("client.id", Any, Text),
    p("metadata.broker.list", Any, Text),
    p("bootstrap.servers", Any, Text).alias("metadata.broker.list"),
    p("message.max.bytes", Any, Integer(1_000, 1_000_000_000)),
    p("message.copy.max.bytes", Any, Integer(0, 1_000_000_000)),
    p(
        "receive.message.max.bytes",
        Any,
        Integer(1_000, 2_147_483_647),
    ),
    p(
        "max.in.flight.requests.per.connection",
        Any,
        Integer(1, 1_000_000),
    ),
    p("max.in.flight", Any, Integer(1, 1_000_000)).alias("max.in.flight.requests.per.connection"),
    p(
        "metadata.recovery.strategy",
        Any,
        Choice(&["none", "rebootstrap"]),
    ),
    p(
        "metadata.recovery.rebootstrap.trigger.ms",
        Any,
        Integer(0, 2_147_483_647),
    ),
    p(
        "topic.metadata.refresh.interval.ms",
        Any,
        Integer(-1, 3_600_000),
    ),
    p("metadata.max.age.ms", Any, Integer(1, 86_400_000)),
    p(
        "topic.metadata.refresh.fast.interval.ms",
        Any,
        Integer(1, 60_000),
    ),
    p("topic.metadata.refresh.fast.cnt", Any, Integer(0, 1_000)),
    p("topic.metadata.refresh.sparse", Any, Boolean),
    p(
        "topic.metadata.propagation.max.ms",
        Any,
        Integer(0, 3_600_000),
    ),
    p("topic.blacklist", Any, Text),
    p("debug", Any, Text),
    p("socket.timeout.ms", Any, Integer(10, 300_000)),
    p("socket.blocking.max.ms", Any, Integer(1, 60_000)),
    p("socket.send.buffer.bytes", Any, Integer(0, 100_000_000)),
    p("socket.receive.buffer.bytes", Any, Integer(0, 100_000_000)),
    p("socket.keepalive.enable", Any, Boolean),
    p("socket.nagle.disable", Any, Boolean),
    p("socket.max.fails", Any, Integer(0, 1_000_000)),
    p("broker.address.ttl", Any, Integer(0, 86_400_000)),
    p("broker.address.family", Any, Choice(&["any", "v4", "v6"])),
    p(
        "socket.connection.setup.timeout.ms",
        Any,
        Integer(1_000, 2_147_483_647),
    ),
    p("connections.max.idle.ms", Any, Integer(0, 2_147_483_647)),
    p("reconnect.backoff.jitter.ms", Any, Integer(0, 3_600_000)),
    p("reconnect.backoff.ms", Any, Integer(0, 3_600_000)),
    p("reconnect.backoff.max.ms", Any, Integer(0, 3_600_000)),
    p("statistics.interval.ms", Any, Integer(0, 86_400_000)),
    p("enabled_events", Any, Integer(0, 2_147_483_647)),
    p("log_level", Any, Integer(0, 7)),
    p("log.queue", Any, Boolean),
    p("log.thread.name", Any, Boolean),
    p("enable.random.seed", Any, Boolean),
    p("log.connection.close", Any, Boolean),
    p("internal.termination.signal", Any, Integer(0, 128)),
    p("api.version.request", Any, Boolean),
    p("api.version.request.timeout.ms", Any, Integer(1, 300_000)),
    p("api.version.fallback.ms", Any, Integer(0, 604_800_000)),
    p("broker.version.fallback", Any, Text),
    p("allow.auto.create.topics", Any, Boolean),
    p(
        "security.protocol",
        Any,
        Choice(&["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]),
    ),
    p("ssl.cipher.suites", Any, Text),
    p("ssl.curves.list", Any, Text),
    p("ssl.sigalgs.list", Any, Text),
    p("ssl.key.location", Any, Text).secret(),
    p("ssl.key.password", Any, Text).secret(),
    p("ssl.key.pem", Any, Text).secret(),
    p("ssl.certificate.location", Any, Text),
    p("ssl.certificate.pem", Any, Text),
    p("ssl.ca.location", Any, Text),
    p("https.ca.location", Any, Text),
    p("https.ca.pem", Any, Text),
    p("ssl.ca.pem", Any, Text).secret(),
    p("ssl.ca.certificate.stores", Any, Text),
    p("ssl.crl.location", Any, Text),
    p("ssl.keystore.location", Any, Text),
    p("ssl.keystore.password", Any, Text).secret(),
    p("ssl.providers", Any, Text),
    p("ssl.engine.location", Any, Text),
    p("ssl.engine.id", Any, Text),
    p("enable.ssl.certificate.verification", Any, Boolean),
    p(
        "ssl.endpoint.identification.algorithm",
        Any,
        Choice(&["none", "https"]),
    ),
    p("sasl.mechanisms", Any, Text),
    p("sasl.mechanism", Any, Text).alias("sasl.mechanisms"),
    p("sasl.kerberos.service.name", Any, Text),
    p("sasl.kerberos.principal", Any, Text),
    p("sasl.kerberos.kinit.cmd", Any, Text),
    p("sasl.kerberos.keytab", Any, Text),
    p(
        "sasl.kerberos.min.time.before.relogin",
        Any,
        Integer(0, 86_400_000),
    ),
    p("sasl.username", Any, Text).secret(),
    p("sasl.password", Any, Text).secret(),
    p("sasl.oauthbearer.config", Any, Text).secret(),
    p("enable.sasl.oauthbearer.unsecure.jwt", Any, Boolean),
    p("sasl.oauthbearer.method", Any, Choice(&["default", "oidc"])),
    p("sasl.oauthbearer.client.id", Any, Text),
    p("sasl.oauthbearer.client.credentials.client.id", Any, Text)
        .alias("sasl.oauthbearer.client.id"),
    p(
        "sasl.oauthbearer.client.credentials.client.secret",
        Any,
        Text,
    )
    .alias("sasl.oauthbearer.client.secret")
    .secret(),
    p("sasl.oauthbearer.client.secret", Any, Text).secret(),
    p("sasl.oauthbearer.scope", Any, Text),
    p("sasl.oauthbearer.extensions", Any, Text),
    p("sasl.oauthbearer.token.endpoint.url", Any, Text),
    p(
        "sasl.oauthbearer.grant.type",
        Any,
        Choice(&[
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ]),
    ),
    p(
        "sasl.oauthbearer.assertion.algorithm",
        Any,
        Choice(&["RS256", "ES256"]),
    ),
    p("sasl.oauthbearer.assertion.private.key.file", Any, Text).secret(),
    p(
        "sasl.oauthbearer.assertion.private.key.passphrase",
        Any,
        Text,
    )
    .secret(),
    p("sasl.oauthbearer.assertion.private.key.pem", Any, Text).secret(),
    p("sasl.oauthbearer.assertion.file", Any, Text),
    p("sasl.oauthbearer.assertion.claim.aud", Any, Text),
    p(
        "sasl.oauthbearer.assertion.claim.exp.seconds",
        Any,
        Integer(1, 2_147_483_647),
    ),
    p("sasl.oauthbearer.assertion.claim.iss", Any, Text),
    p("sasl.oauthbearer.assertion.claim.jti.include", Any, Boolean),
    p(
        "sasl.oauthbearer.assertion.claim.nbf.seconds",
        Any,
        Integer(0, 2_147_483_647),
    ),
    p("sasl.oauthbearer.assertion.claim.sub", Any, Text),
    p("sasl.oauthbearer.assertion.jwt.template.file", Any, Text),
    p(
        "sasl.oauthbearer.metadata.authentication.type",
        Any,
        Choice(&["none", "azure_imds"]),
    ),
    p("plugin.library.paths", Any, Text),
    p("group.id", Consumer, Text),
    p("group.instance.id", Consumer, Text),
    p("partition.assignment.strategy", Consumer, Text),
    p("session.timeout.ms", Consumer, Integer(1, 3_600_000)),
    p("heartbeat.interval.ms", Consumer, Integer(1, 3_600_000)),
    p("group.protocol.type", Consumer, Text),
    p("group.protocol", Consumer, Choice(&["classic", "consumer"])),
    p("group.remote.assignor", Consumer, Text),
    p(
        "coordinator.query.interval.ms",
        Consumer,
        Integer(1, 3_600_000),
    ),
    p("max.poll.interval.ms", Consumer, Integer(1, 86_400_000)),
    p("enable.auto.commit", Consumer, Boolean).alias("auto.commit.enable"),
    p("auto.commit.interval.ms", Consumer, Integer(0, 86_400_000)),
    p("enable.auto.offset.store", Consumer, Boolean),
    p("queued.min.messages", Consumer, Integer(1, 10_000_000)),
    p(
        "queued.max.messages.kbytes",
        Consumer,
        Integer(1, 2_097_151),
    ),
    p("fetch.wait.max.ms", Consumer, Integer(0, 300_000)),
    p("fetch.queue.backoff.ms", Consumer, Integer(0, 300_000)),
    p(
        "fetch.message.max.bytes",
        Consumer,
        Integer(1, 1_000_000_000),
    ),
    p(
        "max.partition.fetch.bytes",
        Consumer,
        Integer(1, 1_000_000_000),
    )
    .alias("fetch.message.max.bytes"),
    p("fetch.max.bytes", Consumer, Integer(0, 2_147_483_135)),
    p("fetch.min.bytes", Consumer, Integer(1, 100_000_000)),
    p("fetch.error.backoff.ms", Consumer, Integer(0, 300_000)),
    p(
        "offset.store.method",
        Consumer,
        Choice(&["none", "file", "broker"]),
    ),
    p(
        "isolation.level",
        Consumer,
        Choice(&["read_uncommitted", "read_committed"]),
    ),
    p("enable.partition.eof", Consumer, Boolean),
    p("check.crcs", Consumer, Boolean),
    p("client.rack", Any, Text),
    p("transactional.id", Producer, Text),
    p(
        "transaction.timeout.ms",
        Producer,
        Integer(1_000, 2_147_483_647),
    ),
    p("enable.idempotence", Producer, Boolean),
    p("enable.gapless.guarantee", Producer, Boolean),
    p(
        "queue.buffering.max.messages",
        Producer,
        Integer(0, 2_147_483_647),
    ),
    p(
        "queue.buffering.max.kbytes",
        Producer,
        Integer(1, 2_147_483_647),
    ),
    p("queue.buffering.max.ms", Producer, Number(0, 900_000)),
    p("linger.ms", Producer, Number(0, 900_000)).alias("queue.buffering.max.ms"),
    p(
        "message.send.max.retries",
        Producer,
        Integer(0, 2_147_483_647),
    ),
    p("retries", Producer, Integer(0, 2_147_483_647)).alias("message.send.max.retries"),
    p("retry.backoff.ms", Any, Integer(1, 300_000)),
    p("retry.backoff.max.ms", Any, Integer(1, 300_000)),
    p(
        "queue.buffering.backpressure.threshold",
        Producer,
        Integer(1, 1_000_000),
    ),
    p(
        "compression.codec",
        Producer,
        Choice(&["none", "gzip", "snappy", "lz4", "zstd", "inherit"]),
    ),
    p(
        "compression.type",
        Producer,
        Choice(&["none", "gzip", "snappy", "lz4", "zstd"]),
    )
    .alias("compression.codec"),
    p("batch.num.messages", Producer, Integer(1, 1_000_000)),
    p("batch.size", Producer, Integer(1, 2_147_483_647)),
    p("delivery.report.only.error", Producer, Boolean),
    p(
        "sticky.partitioning.linger.ms",
        Producer,
        Integer(0, 900_000),
    ),
    p(
        "client.dns.lookup",
        Any,
        Choice(&[
            "use_all_dns_ips",
            "resolve_canonical_bootstrap_servers_only",
        ]),
    ),
    p("enable.metrics.push", Any, Boolean),
    p("request.required.acks", Producer, Acks),
    p("acks", Producer, Acks).alias("request.required.acks"),
    p("request.timeout.ms", Producer, Integer(1, 900_000)),
    p("message.timeout.ms", Producer, Integer(0, 2_147_483_647)),
    p("delivery.timeout.ms", Producer, Integer(0, 2_147_483_647)).alias("message.timeout.ms"),
    p("queuing.strategy", Producer, Choice(&["fifo", "lifo"])),
    p("produce.offset.report", Producer, Boolean),
    p("partitioner", Producer, Text),
    p("compression.level", Producer, Integer(-1, 12)),
    p("auto.commit.enable", Consumer, Boolean),
    p(
        "auto.offset.reset",
        Consumer,
        Choice(&[
            "smallest",
            "earliest",
            "beginning",
            "largest",
            "latest",
            "end",
            "error",
        ]),
    ),
    p("offset.store.path", Consumer, Text),
    p(
        "offset.store.sync.interval.ms",
        Consumer,
        Integer(-1, 86_400_000),
    ),
    p(
        "consume.callback.max.messages",
        Consumer,
        Integer(0, 1_000_000),
    ),
];
