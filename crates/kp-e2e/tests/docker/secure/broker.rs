//! One broker with a listener for each case, in a container. Its certificates live as long as it
//! does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use kp_e2e::{Call, Cluster, Program, random_name};
use kp_stack::docker::port::find_free;
use testcontainers::core::IntoContainerPort;
use testcontainers::{Container, GenericImage, ImageExt};

use super::acls;
use super::keys::{Authority, Pair, Valid};
use crate::stack::{self, Stack, Tools};

/// The ways into the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Listener {
    /// In the clear, without a login: who comes this way may do everything.
    Outside,
    /// TLS and a login: SCRAM-SHA-512 or PLAIN.
    Login,
    /// A login in the clear.
    ClearLogin,
    /// TLS and a login by a token.
    Token,
    /// TLS with a certificate of the client.
    Mutual,
    /// TLS with a certificate of the broker that has expired.
    Expired,
    /// TLS with a certificate of the broker for another host.
    Elsewhere,
    /// TLS and a login, where the broker sends clients on to an address that leads nowhere.
    Astray,
}

impl Listener {
    const ALL: [Self; 8] = [
        Self::Outside,
        Self::Login,
        Self::ClearLogin,
        Self::Token,
        Self::Mutual,
        Self::Expired,
        Self::Elsewhere,
        Self::Astray,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Outside => "OUTSIDE",
            Self::Login => "LOGIN",
            Self::ClearLogin => "CLEARLOGIN",
            Self::Token => "TOKEN",
            Self::Mutual => "MUTUAL",
            Self::Expired => "EXPIRED",
            Self::Elsewhere => "ELSEWHERE",
            Self::Astray => "ASTRAY",
        }
    }

    fn protocol(self) -> &'static str {
        match self {
            Self::Outside => "PLAINTEXT",
            Self::Login | Self::Token | Self::Astray => "SASL_SSL",
            Self::ClearLogin => "SASL_PLAINTEXT",
            Self::Mutual | Self::Expired | Self::Elsewhere => "SSL",
        }
    }

    /// Where the broker sends clients, of which this is the port on this machine.
    fn advertised(self, port: u16) -> String {
        // Nothing listens on port 1.
        let port = if self == Self::Astray { 1 } else { port };
        format!("{}://127.0.0.1:{port}", self.name())
    }

    /// Its port inside the container.
    fn port(self) -> u16 {
        19_092 + self as u16
    }
}

/// Somebody who can log in, and may do everything; who may not stands in `acls.rs`.
#[derive(Clone, Copy)]
pub(crate) struct User<'a> {
    pub(crate) name: &'a str,
    pub(crate) password: &'a str,
    pub(crate) mechanism: &'a str,
}

impl User<'static> {
    pub(crate) const ADMIN: Self =
        Self { name: "admin", password: "admin-secret", mechanism: "PLAIN" };
    pub(crate) const ALICE: Self =
        Self { name: "alice", password: "alice-secret", mechanism: "SCRAM-SHA-512" };
}

/// The password of everybody in `acls.rs`.
pub(crate) const PASSWORD: &str = "of-all-the-others";

/// A broker that runs, and goes with the last test that uses it.
pub(crate) struct SecureBroker {
    pub(crate) stack: Stack,
    ports: BTreeMap<Listener, u16>,
    pub(crate) authority: Authority,
    /// Signed by the authority, for a client.
    pub(crate) client: Pair,
}

impl SecureBroker {
    /// Tests that run at the same time share it.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<SecureBroker>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(broker) = shared.upgrade() {
            return broker;
        }
        let broker = Arc::new(Self::start());
        *shared = Arc::downgrade(&broker);
        broker
    }

    fn start() -> Self {
        let authority = Authority::new("kp test authority");
        let ports: BTreeMap<_, _> = Listener::ALL.map(|listener| (listener, find_free())).into();
        let container = container(&authority, &ports);
        let stack =
            Stack::ready(vec![container], &[ports[&Listener::Outside]], Tools::Apache, None);
        let User { name, password, .. } = User::ALICE;
        stack.tool(
            "kafka-configs",
            &[
                "--alter",
                "--entity-type",
                "users",
                "--entity-name",
                name,
                "--add-config",
                &format!("SCRAM-SHA-512=[password={password}]"),
            ],
            "",
        );
        acls::grant(&stack);
        Self { stack, ports, client: authority.sign("client", &[], Valid::Now), authority }
    }

    /// A listener's address on this machine.
    pub(crate) fn address(&self, listener: Listener) -> String {
        format!("127.0.0.1:{}", self.ports[&listener])
    }

    /// A call of a program that has this listener's address and trusts the authority, and nothing
    /// else.
    pub(crate) fn call(&self, program: Program, listener: Listener) -> Call {
        Call::with_tls(program)
            .bootstrap(&self.address(listener))
            .file("ca.pem", &self.authority.certificate)
    }

    /// A call that also says how to talk to this listener.
    pub(crate) fn call_in_protocol(&self, program: Program, listener: Listener) -> Call {
        let protocol = listener.protocol();
        let call = self
            .call(program, listener)
            .env("KP_KAFKA__SECURITY_PROTOCOL", protocol.to_lowercase());
        if protocol.ends_with("SSL") { call.env("KP_KAFKA__CA", "ca.pem") } else { call }
    }

    /// A call by somebody who logs in with TLS.
    pub(crate) fn call_as(&self, program: Program, user: User<'_>) -> Call {
        log_in(self.call_in_protocol(program, Listener::Login), user)
    }

    /// Makes a topic, by somebody who may do everything.
    pub(crate) fn make(&self, topic: &str) {
        let create = ["topics", "create", topic, "--partitions", "1"];
        self.stack.admin().args(create).run().exits(0);
    }
}

/// Adds a login to a call.
pub(crate) fn log_in(call: Call, user: User<'_>) -> Call {
    call.env("KP_KAFKA__SASL_MECHANISM", user.mechanism)
        .env("KP_KAFKA__SASL_USERNAME", user.name)
        .env("KP_KAFKA__LIBRDKAFKA__SASL_PASSWORD", user.password)
}

fn container(authority: &Authority, ports: &BTreeMap<Listener, u16>) -> Container<GenericImage> {
    const HERE: [&str; 2] = ["127.0.0.1", "localhost"];
    let name = random_name("broker");
    let network = random_name("kp-e2e");
    let listeners = |shown: &dyn Fn(Listener) -> String| -> String {
        Listener::ALL.map(|listener| format!(",{}", shown(listener))).concat()
    };
    let jaas = |mechanism: &str, rest: &str| {
        format!("org.apache.kafka.common.security.{mechanism} required{rest};")
    };
    let users: String = acls::users().map(|user| format!(" user_{user}=\"{PASSWORD}\"")).collect();
    let User { name: admin, password, .. } = User::ADMIN;
    let plain = jaas("plain.PlainLoginModule", &format!(" user_{admin}=\"{password}\"{users}"));
    let scram = jaas("scram.ScramLoginModule", "");
    let mut request =
        stack::controller(&network, &name, ports[&Listener::Outside], 1, &format!("1@{name}:9093"))
            .with_env_var(
                "KAFKA_LISTENERS",
                format!(
                    "INSIDE://:9092,CONTROLLER://:9093{}",
                    listeners(&|one| format!("{}://:{}", one.name(), one.port()))
                ),
            )
            .with_env_var(
                "KAFKA_ADVERTISED_LISTENERS",
                format!("INSIDE://{name}:9092{}", listeners(&|one| one.advertised(ports[&one]))),
            )
            .with_env_var(
                "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
                format!(
                    "INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT{}",
                    listeners(&|one| format!("{}:{}", one.name(), one.protocol()))
                ),
            )
            .with_env_var(
                "KAFKA_AUTHORIZER_CLASS_NAME",
                "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            )
            .with_env_var(
                "KAFKA_SUPER_USERS",
                format!("User:ANONYMOUS;User:{admin};User:alice;User:token-admin"),
            )
            .with_env_var("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0")
            .with_env_var("KAFKA_SASL_ENABLED_MECHANISMS", "SCRAM-SHA-512,PLAIN")
            .with_env_var("KAFKA_SSL_KEYSTORE_TYPE", "PEM")
            .with_env_var("KAFKA_SSL_TRUSTSTORE_TYPE", "PEM")
            .with_env_var("KAFKA_SSL_TRUSTSTORE_LOCATION", "/etc/kafka/secrets/ca.pem")
            .with_copy_to("/etc/kafka/secrets/ca.pem", authority.certificate.clone().into_bytes())
            .with_env_var("KAFKA_LISTENER_NAME_MUTUAL_SSL_CLIENT_AUTH", "required");
    for listener in [Listener::Login, Listener::ClearLogin, Listener::Astray] {
        let prefix = format!("KAFKA_LISTENER_NAME_{}", listener.name());
        request = request
            .with_env_var(
                // Kafka's image reads ___ as a dash.
                format!("{prefix}_SCRAM___SHA___512_SASL_JAAS_CONFIG"),
                scram.clone(),
            )
            .with_env_var(format!("{prefix}_PLAIN_SASL_JAAS_CONFIG"), plain.clone());
    }
    request = request
        .with_env_var("KAFKA_LISTENER_NAME_TOKEN_SASL_ENABLED_MECHANISMS", "OAUTHBEARER")
        // Without a validator of its own Kafka takes tokens that nobody has signed.
        .with_env_var(
            "KAFKA_LISTENER_NAME_TOKEN_OAUTHBEARER_SASL_JAAS_CONFIG",
            jaas("oauthbearer.OAuthBearerLoginModule", " unsecuredLoginStringClaim_sub=\"broker\""),
        );
    for (listener, pair) in [
        (Listener::Login, authority.sign("broker", &HERE, Valid::Now)),
        (Listener::Astray, authority.sign("broker", &HERE, Valid::Now)),
        (Listener::Token, authority.sign("broker", &HERE, Valid::Now)),
        (Listener::Mutual, authority.sign("broker", &HERE, Valid::Now)),
        (Listener::Expired, authority.sign("broker", &HERE, Valid::Formerly)),
        (Listener::Elsewhere, authority.sign("broker", &["elsewhere.example"], Valid::Now)),
    ] {
        let file = format!("/etc/kafka/secrets/{}.pem", listener.name());
        request = request
            .with_env_var(
                format!("KAFKA_LISTENER_NAME_{}_SSL_KEYSTORE_LOCATION", listener.name()),
                file.clone(),
            )
            .with_copy_to(file, pair.for_kafka());
    }
    for listener in Listener::ALL {
        if listener != Listener::Outside {
            request = request.with_mapped_port(ports[&listener], listener.port().tcp());
        }
    }
    stack::start(stack::with(request, &stack::ALONE))
}
