//! The program on the embedded broker: what works there, and that the rest is refused at once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kp_rdkafka::mock::MockCluster;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_secs(10);
/// Nothing may wait for an answer that never comes.
const AT_ONCE: Duration = Duration::from_secs(2);

struct Ended {
    code: i32,
    out: String,
    talk: String,
}

/// Runs the program to its end, without a terminal, a settings file or other variables.
fn kp_admin(servers: &str, words: &str) -> Ended {
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_kp-admin"))
        .args(["-b", servers])
        .args(words.split(' '))
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(started.elapsed() < AT_ONCE, "{words}: took {:?}", started.elapsed());
    Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        talk: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Two brokers with topic `orders`: 3 messages in partition 0, none in 1, and partition 2 without a
/// leader.
fn cluster() -> MockCluster {
    let cluster = MockCluster::new(2).unwrap();
    cluster.create_topic("orders", 3, 2).unwrap();
    cluster.create_topic("__consumer_offsets", 1, 1).unwrap();
    for (partition, leader) in [(0, Some(1)), (1, Some(2)), (2, None)] {
        cluster.set_partition_leader("orders", partition, leader).unwrap();
    }
    let producer: ThreadedProducer<DefaultProducerContext> =
        ClientConfig::new().set("bootstrap.servers", cluster.bootstrap_servers()).create().unwrap();
    for _ in 0..3 {
        let record = BaseRecord::<(), _>::to("orders").partition(0).payload("x");
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(DEADLINE).unwrap();
    cluster
}

fn commit(cluster: &MockCluster, group: &str, offset: i64) {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", group)
        .create()
        .unwrap();
    let mut offsets = TopicPartitionList::new();
    for partition in [0, 2] {
        offsets.add_partition_offset("orders", partition, Offset::Offset(offset)).unwrap();
    }
    consumer.commit(&offsets, CommitMode::Sync).unwrap();
}

fn object(ended: &Ended) -> Value {
    assert_eq!(ended.out.lines().count(), 1, "{}", ended.out);
    serde_json::from_str(&ended.out).unwrap()
}

#[test]
fn topics_are_listed_and_kafkas_own_only_on_request() {
    let cluster = cluster();
    let servers = cluster.bootstrap_servers();
    let ended = kp_admin(&servers, "topics list");
    assert_eq!(ended.out, "TOPIC   PARTITIONS  REPLICATION\norders           3            2\n");
    assert_eq!((ended.code, ended.talk.as_str()), (0, ""));
    let ended = kp_admin(&servers, "topics list --internal --output json");
    let answer = json!({
        "schema": "kp.admin.topics.list/1",
        "topics": [
            {"topic": "__consumer_offsets", "partitions": 1, "replication_factor": 1, "internal": true},
            {"topic": "orders", "partitions": 3, "replication_factor": 2, "internal": false},
        ],
    });
    assert_eq!(object(&ended), answer);
}

#[test]
fn a_topic_is_described_without_what_the_embedded_broker_lacks() {
    let cluster = cluster();
    let servers = cluster.bootstrap_servers();
    let ended = kp_admin(&servers, "topics describe orders");
    assert_eq!(ended.code, 0, "{}", ended.talk);
    let lines: Vec<_> = ended.out.lines().collect();
    assert_eq!(
        lines[0],
        "Topic: orders\tTopicId: -\tPartitionCount: 3\tReplicationFactor: 2\tConfigs: "
    );
    assert!(lines[1].starts_with("\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: "));
    assert!(lines[3].starts_with("\tTopic: orders\tPartition: 2\tLeader: none\tReplicas: "));
    assert_eq!(ended.talk.lines().count(), 1);
    assert!(ended.talk.contains("`cargo xtask up`"), "{}", ended.talk);
}

#[test]
fn quiet_leaves_out_a_note_and_not_what_went_wrong() {
    let cluster = cluster();
    let servers = cluster.bootstrap_servers();
    for quiet in ["-q topics describe orders", "topics describe orders --quiet"] {
        let ended = kp_admin(&servers, quiet);
        assert_eq!((ended.code, ended.talk.as_str()), (0, ""), "{quiet}");
        assert!(ended.out.starts_with("Topic: orders"), "{}", ended.out);
    }
    let wrong = kp_admin(&servers, "topics describe ordres -q");
    assert_eq!(wrong.code, 4);
    assert!(wrong.talk.contains("topic ordres does not exist"), "{}", wrong.talk);
}

#[test]
fn an_absent_topic_is_told_beside_the_others_and_not_made() {
    let cluster = cluster();
    let servers = cluster.bootstrap_servers();
    let ended = kp_admin(&servers, "topics describe ordres orders --output json");
    assert_eq!(ended.code, 4);
    assert!(
        ended.talk.contains("topic ordres does not exist") && ended.talk.contains("orders?"),
        "{}",
        ended.talk
    );
    let answer = object(&ended);
    assert_eq!(answer["schema"], "kp.admin.topics.describe/1");
    assert_eq!(answer["topics"][0]["topic"], "orders");
    assert_eq!(answer["topics"][0]["topic_id"], Value::Null);
    assert_eq!(answer["topics"][0]["partitions"][2]["leader"], Value::Null);
    let list = kp_admin(&servers, "topics list");
    assert!(!list.out.contains("ordres"), "{}", list.out);
}

#[test]
fn a_groups_lag_is_told_where_it_has_committed() {
    let cluster = cluster();
    commit(&cluster, "readers", 2);
    let servers = cluster.bootstrap_servers();
    let ended = kp_admin(&servers, "groups describe readers");
    assert_eq!(
        ended.out,
        "Group: readers\n\
         TOPIC   PARTITION  COMMITTED  END  LAG\n\
         orders          0          2    3    1\n\
         orders          2          2    -    -\n"
    );
    assert_eq!((ended.code, ended.talk.as_str()), (0, ""));
    let answer = object(&kp_admin(&servers, "groups describe readers --output json"));
    assert_eq!(answer["schema"], "kp.admin.groups.describe/1");
    let first = &answer["partitions"][0];
    assert_eq!(
        (&first["committed"], &first["end"], &first["lag"]),
        (&json!(2), &json!(3), &json!(1))
    );
    let ended = kp_admin(&servers, "groups describe writers");
    assert_eq!(ended.code, 4);
    assert!(ended.talk.contains("group writers does not exist"), "{}", ended.talk);
}

#[test]
fn several_groups_are_described_and_an_absent_one_is_told_beside_them() {
    let cluster = cluster();
    commit(&cluster, "readers", 2);
    commit(&cluster, "others", 3);
    let servers = cluster.bootstrap_servers();
    let ended = kp_admin(&servers, "groups describe readers writers others");
    assert_eq!(
        ended.out,
        "Group: readers\n\
         TOPIC   PARTITION  COMMITTED  END  LAG\n\
         orders          0          2    3    1\n\
         orders          2          2    -    -\n\
         \n\
         Group: others\n\
         TOPIC   PARTITION  COMMITTED  END  LAG\n\
         orders          0          3    3    0\n\
         orders          2          3    -    -\n"
    );
    assert_eq!(ended.code, 4);
    assert!(ended.talk.contains("group writers does not exist"), "{}", ended.talk);
    let answer = object(&kp_admin(&servers, "groups describe readers others --output json"));
    assert_eq!(answer["schema"], "kp.admin.groups.describe/2");
    let names: Vec<_> = answer["groups"].as_array().unwrap().iter().collect();
    assert_eq!((&names[0]["group"], &names[1]["group"]), (&json!("readers"), &json!("others")));
    assert_eq!(names[1]["partitions"][0]["lag"], 0);
}

#[test]
fn an_offset_that_is_not_kept_is_marked_and_all_that_is_kept_is_left() {
    let cluster = cluster();
    commit(&cluster, "readers", 100);
    let servers = cluster.bootstrap_servers();
    let ended = kp_admin(&servers, "groups describe readers");
    let table = "Group: readers\n\
                 TOPIC   PARTITION  COMMITTED  START  END  LAG\n\
                 orders          0       !100      0    3    3\n\
                 orders          2        100      -    -    -\n\
                 ! marks an offset that is not kept.";
    assert!(ended.out.starts_with(table), "{}", ended.out);
    assert_eq!((ended.code, ended.talk.as_str()), (0, ""));
    let answer = object(&kp_admin(&servers, "groups describe readers --output json"));
    let first = &answer["partitions"][0];
    assert_eq!(
        (&first["out_of_range"], &first["start"], &first["lag"]),
        (&json!("past_end"), &json!(0), &json!(3))
    );
    assert_eq!(answer["partitions"][1]["out_of_range"], Value::Null);
}

#[test]
fn what_the_embedded_broker_lacks_is_refused_at_once() {
    let cluster = cluster();
    let servers = cluster.bootstrap_servers();
    for words in [
        "topics create new --partitions 2",
        "topics delete orders --yes",
        "topics add-partitions orders --partitions 9",
        "topics configs orders",
        "topics configs orders --set retention.ms=1 --yes",
        "topics offsets orders --at @-1h",
        "topics trim orders --before 2 --yes",
        "topics health",
        "topics clone orders copy",
        "topics elect-leaders",
        "groups list",
        "groups lag",
        "groups describe --all",
        "groups members readers",
        "groups reset readers --to latest --yes",
        "groups delete readers --yes",
        "groups delete-offsets readers --topic orders --yes",
        "cluster",
        "cluster configs 1",
        "cluster configs 1 --set log.cleaner.threads=2 --yes",
        "acls list",
        "acls add --principal User:alice --allow read --topic orders",
        "acls remove --principal User:alice --allow read --topic orders --yes",
        "users list",
        "users delete alice --yes",
        "export",
        "groups watch",
        "groups watch readers --output json",
    ] {
        let ended = kp_admin(&servers, words);
        assert_eq!((ended.code, ended.out.as_str()), (4, ""), "{words}: {}", ended.talk);
        assert_eq!(ended.talk.lines().count(), 1, "{}", ended.talk);
        assert!(
            ended.talk.starts_with("kp-admin: the embedded broker cannot")
                && ended.talk.contains("`cargo xtask up`"),
            "{words}: {}",
            ended.talk
        );
    }
}

#[test]
fn refused_access_has_its_own_exit_code_and_names_the_group() {
    let cluster = cluster();
    cluster.push_request_errors(
        RDKafkaApiKey::OffsetFetch,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED],
    );
    let ended = kp_admin(&cluster.bootstrap_servers(), "groups describe readers");
    assert_eq!(ended.code, 4, "{}", ended.talk);
    assert!(
        ended.talk.contains("group readers") && ended.talk.contains("refuses access"),
        "{}",
        ended.talk
    );
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    for words in [
        "topics delete orders",
        "groups reset readers --to latest",
        "groups delete readers",
        "groups delete-offsets readers --topic orders",
    ] {
        let ended = kp_admin("127.0.0.1:1", words);
        assert_eq!(ended.code, 2, "{words}");
        assert!(ended.talk.contains("--yes"), "{words}: {}", ended.talk);
    }
}

#[test]
fn what_no_acl_or_user_can_be_is_refused_before_anybody_is_asked() {
    for (words, said) in [
        ("acls add --principal alice --allow read --topic t", "User:alice"),
        ("acls add --principal User:a --allow read", "--transactional-id"),
        ("acls add --principal User:a --allow write --group g", "it takes all, read, delete"),
        ("acls add --principal User:a --topic t", "--allow"),
        ("acls add --principal User:a --allow read --topic t --group g", "--group"),
        ("acls add --principal User:a --allow read --topic * --prefixed", "--prefixed"),
        ("acls remove --principal User:a --allow read --topic t", "--yes"),
        ("cluster configs 1 --set log.cleaner.threads=2", "--yes"),
        ("cluster configs 1 --set a=b --unset a --yes", "twice"),
        ("users delete a", "--yes"),
        ("users delete User:a --yes", "no type"),
        ("users set a --mechanism PLAIN", "SCRAM-SHA-512"),
        ("users set a --mechanism SCRAM-SHA-512 --iterations 12", "4096"),
    ] {
        let ended = kp_admin("127.0.0.1:1", words);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{words}: {}", ended.talk);
        assert!(ended.talk.contains(said), "{words}: {}", ended.talk);
    }
}

#[test]
fn a_file_for_a_plan_is_read_before_anybody_is_asked() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    std::fs::write(format!("{folder}/bad.toml"), "[topics.orders]\n\npartitons = 6\n").unwrap();
    std::fs::write(format!("{folder}/good.toml"), "[topics.orders]\npartitions = 6\n").unwrap();
    for (words, code, said) in [
        ("plan bad.toml", 3, "bad.toml:3: topics.orders.partitons: unknown field"),
        ("apply bad.toml --yes", 3, "bad.toml:3: "),
        ("plan absent.toml", 3, "cannot read absent.toml"),
        ("apply good.toml", 2, "--yes"),
        ("export --file good.toml", 2, "not overwritten"),
    ] {
        let ended = kp_admin("127.0.0.1:1", words);
        assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{words}: {}", ended.talk);
        assert!(ended.talk.contains(said), "{words}: {}", ended.talk);
        assert_eq!(ended.talk.lines().count(), 1, "{words}: {}", ended.talk);
    }
    let cluster = cluster();
    let ended = kp_admin(&cluster.bootstrap_servers(), "plan good.toml");
    assert_eq!((ended.code, ended.out.as_str()), (4, ""), "{}", ended.talk);
    assert!(ended.talk.contains("the embedded broker cannot plan"), "{}", ended.talk);
}

#[cfg(not(feature = "tls"))]
#[test]
fn a_build_that_cannot_hash_a_password_says_what_to_build() {
    let ended = kp_admin("127.0.0.1:1", "users set alice --mechanism scram-sha-256");
    assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{}", ended.talk);
    assert!(ended.talk.contains("--features tls"), "{}", ended.talk);
}

#[test]
fn an_unreachable_broker_ends_with_its_own_exit_code() {
    let ended = kp_admin("127.0.0.1:1", "topics list");
    assert_eq!(ended.code, 4);
    assert!(ended.talk.lines().count() <= 6, "{}", ended.talk);
}

#[test]
fn a_file_that_names_no_topic_does_not_prune_them_all() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("names-none.toml");
    std::fs::write(&file, "[topics]\n").unwrap();
    for command in ["plan", "apply --yes"] {
        let words = format!("{command} --prune {}", file.display());
        let ended = kp_admin("127.0.0.1:1", &words);
        assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{words}: {}", ended.talk);
        assert!(ended.talk.contains("delete every topic"), "{words}: {}", ended.talk);
    }
}
