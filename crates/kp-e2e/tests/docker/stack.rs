//! Brokers in containers, from nothing to ready and back to nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use kp_e2e::{Call, Cluster, Program, random_name};
use kp_stack::docker::port::find_free;
use testcontainers::core::{ExecCommand, IntoContainerPort};
use testcontainers::runners::SyncRunner;
use testcontainers::{Container, ContainerRequest, GenericImage, ImageExt};

use crate::images;

/// The first start of an image on a slow machine, its download included.
const DOWNLOAD: Duration = Duration::from_secs(300);

/// From the start of the containers until their brokers are ready; 3 to 8 s are usual.
const STARTUP: Duration = Duration::from_secs(60);

/// Where each broker listens for clients from outside, in its container.
const OUTSIDE: u16 = 19092;

/// Settings that are the same in every stack.
const EVERYWHERE: [(&str, &str); 2] =
    [("KAFKA_INTER_BROKER_LISTENER_NAME", "INSIDE"), ("KAFKA_NUM_PARTITIONS", "1")];

/// Kafka's own topics want three brokers by default; these are for one.
pub(crate) const ALONE: [(&str, &str); 5] = [
    ("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1"),
    ("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1"),
    ("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1"),
    ("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1"),
    ("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1"),
];

/// Brokers that run, and go with the last test that uses them.
pub(crate) struct Stack {
    /// In the order of their ids, which begin at 1.
    brokers: Vec<Container<GenericImage>>,
    bootstrap: String,
    tools: Tools,
    /// Goes after the brokers.
    _zookeeper: Option<Container<GenericImage>>,
}

/// Where an image keeps Kafka's own tools.
#[derive(Clone, Copy)]
pub(crate) enum Tools {
    /// `/opt/kafka/bin/kafka-topics.sh`
    Apache,
    /// `kafka-topics`, on the PATH
    Confluent,
}

impl Cluster for Stack {
    fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    fn call(&self, program: Program) -> Call {
        // Brokers that have just started, beside others, take their time.
        Call::new(program).bootstrap(&self.bootstrap).env("KP_KAFKA__CONNECT_TIMEOUT", "20s")
    }
}

impl Stack {
    /// One KRaft broker without a rebalance delay. Tests that run at the same time share it.
    pub(crate) fn kraft() -> Arc<Self> {
        static SHARED: Mutex<Weak<Stack>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stack) = shared.upgrade() {
            return stack;
        }
        let network = random_name("kp-e2e");
        let name = random_name("broker");
        let port = find_free();
        let broker = controller(&network, &name, port, 1, &format!("1@{name}:9093"));
        let broker =
            with(broker, &ALONE).with_env_var("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0");
        let stack = Arc::new(Self::ready(vec![start(broker)], &[port], Tools::Apache, None));
        *shared = Arc::downgrade(&stack);
        stack
    }

    /// One KRaft broker that applies ACLs to topics that have some, and allows everything else.
    pub(crate) fn with_acls() -> Self {
        let network = random_name("kp-e2e");
        let name = random_name("broker");
        let port = find_free();
        let broker = controller(&network, &name, port, 1, &format!("1@{name}:9093"));
        let acls = [
            (
                "KAFKA_AUTHORIZER_CLASS_NAME",
                "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            ),
            ("KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND", "true"),
            ("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0"),
        ];
        let broker = start(with(with(broker, &ALONE), &acls));
        Self::ready(vec![broker], &[port], Tools::Apache, None)
    }

    /// A broker and its ZooKeeper, with Kafka's own rebalance delay of 3 s, as in the original
    /// exercise.
    pub(crate) fn zookeeper() -> Self {
        let network = random_name("kp-e2e");
        let (zookeeper, name) = (random_name("zookeeper"), random_name("broker"));
        let port = find_free();
        let keeper = start(
            named(images::zookeeper(), &network, &zookeeper)
                .with_env_var("ZOOKEEPER_CLIENT_PORT", "2181")
                .with_env_var("ZOOKEEPER_TICK_TIME", "2000"),
        );
        let broker = broker(images::kafka_with_zookeeper(), &network, &name, port, "")
            .with_env_var("KAFKA_BROKER_ID", "1")
            .with_env_var("KAFKA_ZOOKEEPER_CONNECT", format!("{zookeeper}:2181"));
        let broker = start(with(broker, &ALONE));
        Self::ready(vec![broker], &[port], Tools::Confluent, Some(keeper))
    }

    /// Three KRaft brokers, each topic on all of them, and two must confirm a message.
    pub(crate) fn cluster() -> Self {
        let network = random_name("kp-e2e");
        let names = [1, 2, 3].map(|id| random_name(&format!("broker{id}")));
        let ports = [1, 2, 3].map(|_| find_free());
        let voters: Vec<_> =
            (1..).zip(&names).map(|(id, name)| format!("{id}@{name}:9093")).collect();
        let brokers = (1..)
            .zip(names.iter().zip(ports))
            .map(|(id, (name, port))| {
                let broker = controller(&network, name, port, id, &voters.join(","));
                start(with(
                    broker,
                    &[
                        ("KAFKA_DEFAULT_REPLICATION_FACTOR", "3"),
                        ("KAFKA_MIN_INSYNC_REPLICAS", "2"),
                        ("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "3"),
                        ("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0"),
                    ],
                ))
            })
            .collect();
        Self::ready(brokers, &ports, Tools::Apache, None)
    }

    /// Waits until a topic can be made on all brokers.
    pub(crate) fn ready(
        brokers: Vec<Container<GenericImage>>,
        ports: &[u16],
        tools: Tools,
        zookeeper: Option<Container<GenericImage>>,
    ) -> Self {
        let addresses: Vec<_> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let stack = Self { brokers, bootstrap: addresses.join(","), tools, _zookeeper: zookeeper };
        let replicas = ports.len().to_string();
        let end = Instant::now() + STARTUP;
        loop {
            stack.assert_running();
            let topic = random_name("ready");
            let create = ["topics", "create", &topic, "--partitions", "1"];
            let created =
                stack.admin().args(create).args(["--replication-factor", &replicas]).run();
            if created.code() == Some(0) {
                return stack;
            }
            assert!(Instant::now() < end, "the brokers do not become ready: {created}");
        }
    }

    fn assert_running(&self) {
        for broker in &self.brokers {
            if !broker.is_running().unwrap() {
                let log = broker.stdout_to_vec().unwrap();
                panic!("a broker has ended:\n{}", String::from_utf8_lossy(&log));
            }
        }
    }

    /// Kills the broker with this id, as a power cut would.
    pub(crate) fn kill(&self, id: usize) {
        self.brokers[id - 1].stop_with_timeout(Some(0)).unwrap();
    }

    /// Starts a killed broker again.
    pub(crate) fn revive(&self, id: usize) {
        self.brokers[id - 1].start().unwrap();
    }

    /// Runs one of Kafka's own tools, such as `kafka-topics`, in the first broker's container.
    ///
    /// The tool gets these lines as its standard input. Returns its standard output.
    pub(crate) fn tool(&self, tool: &str, arguments: &[&str], input: &str) -> String {
        let tool = match self.tools {
            Tools::Apache => format!("/opt/kafka/bin/{tool}.sh"),
            Tools::Confluent => tool.to_owned(),
        };
        // The shell passes the texts on as they are, whatever they hold.
        let script = r#"input=$1; shift; printf %s "$input" | "$@""#;
        let mut words = vec!["sh", "-c", script, "sh", input, &tool];
        words.extend(["--bootstrap-server", "localhost:9092"]);
        words.extend(arguments);
        let mut result = self.brokers[0].exec(ExecCommand::new(words)).unwrap();
        let stdout = String::from_utf8(result.stdout_to_vec().unwrap()).unwrap();
        let stderr = String::from_utf8(result.stderr_to_vec().unwrap()).unwrap();
        assert_eq!(result.exit_code().unwrap(), Some(0), "{tool}: {stdout}\n{stderr}");
        stdout
    }
}

/// A KRaft broker that is also a controller.
pub(crate) fn controller(
    network: &str,
    name: &str,
    port: u16,
    id: u32,
    voters: &str,
) -> ContainerRequest<GenericImage> {
    broker(images::kafka(), network, name, port, "CONTROLLER")
        // Any id will do, as long as all brokers of the cluster have the same.
        .with_env_var("CLUSTER_ID", "a3AtZTJlLWNsdXN0ZXItMQ")
        .with_env_var("KAFKA_NODE_ID", id.to_string())
        .with_env_var("KAFKA_PROCESS_ROLES", "broker,controller")
        .with_env_var("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER")
        .with_env_var("KAFKA_CONTROLLER_QUORUM_VOTERS", voters)
}

/// A broker with one listener for the other containers, one for this machine, and perhaps one for
/// controllers.
fn broker(
    image: GenericImage,
    network: &str,
    name: &str,
    port: u16,
    controller: &str,
) -> ContainerRequest<GenericImage> {
    let mut listeners = format!("INSIDE://:9092,OUTSIDE://:{OUTSIDE}");
    let mut protocols = "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT".to_owned();
    if !controller.is_empty() {
        listeners += &format!(",{controller}://:9093");
        protocols += &format!(",{controller}:PLAINTEXT");
    }
    let request = named(image, network, name)
        .with_env_var("KAFKA_LISTENERS", listeners)
        .with_env_var("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", protocols)
        .with_env_var(
            "KAFKA_ADVERTISED_LISTENERS",
            format!("INSIDE://{name}:9092,OUTSIDE://127.0.0.1:{port}"),
        )
        .with_mapped_port(port, OUTSIDE.tcp())
        // Only this machine is to reach it.
        .with_host_config_modifier(|host| {
            let bindings = host.port_bindings.iter_mut().flat_map(HashMap::values_mut);
            for binding in bindings.flatten().flatten() {
                binding.host_ip = Some("127.0.0.1".to_owned());
            }
        });
    with(request, &EVERYWHERE)
}

fn named(image: GenericImage, network: &str, name: &str) -> ContainerRequest<GenericImage> {
    image.with_network(network).with_container_name(name).with_startup_timeout(DOWNLOAD)
}

pub(crate) fn with(
    request: ContainerRequest<GenericImage>,
    settings: &[(&str, &str)],
) -> ContainerRequest<GenericImage> {
    settings.iter().fold(request, |request, (name, value)| request.with_env_var(*name, *value))
}

pub(crate) fn start(request: ContainerRequest<GenericImage>) -> Container<GenericImage> {
    request.start().unwrap_or_else(|error| {
        panic!("cannot start a container: {error}. These tests need a Docker engine that runs; the tests without --features docker do not")
    })
}
