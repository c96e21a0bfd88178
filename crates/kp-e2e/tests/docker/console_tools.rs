//! Kafka's own console tools on the embedded broker.

use kp_e2e::{Cluster, EmbeddedBroker, random_name};
use kp_process::Call;
use testcontainers::Image;

use crate::images;

/// Runs one of the tools in a container that shares this machine's network, and gives what it
/// printed.
fn tool(name: &str, broker: &EmbeddedBroker, arguments: &[&str], input: &str) -> String {
    let image = images::kafka();
    let call = Call::new("docker")
        .args(["run", "--rm", "--interactive", "--network", "host"])
        .args(["--entrypoint", &format!("/opt/kafka/bin/{name}.sh")])
        .args([format!("{}:{}", image.name(), image.tag())])
        .args(["--bootstrap-server", broker.bootstrap()])
        .args(arguments)
        .stdin(input);
    call.start().unwrap().finish().exits(0).unwrap().text()
}

#[test]
fn the_console_producer_and_consumer_work_with_it_and_with_kp() {
    let (topic, group) = (random_name("topic"), random_name("group"));
    let broker = EmbeddedBroker::start(&[&topic]);
    let lines: String = (0..100).map(|number| format!("java{number}\n")).collect();
    tool("kafka-console-producer", &broker, &["--topic", &topic], &lines);

    let read = |group: &str, count: &str| {
        let arguments = ["--topic", &topic, "--group", group, "--from-beginning"];
        let ends = ["--max-messages", count, "--timeout-ms", "60000"];
        tool("kafka-console-consumer", &broker, &[&arguments[..], &ends].concat(), "")
    };
    assert_eq!(read(&group, "100"), lines);
    let kp = || {
        broker
            .consumer()
            .args(["--topic", &topic, "--group", &group, "--until-end", "--format", "value"])
            .run()
            .exits(0)
    };
    assert_eq!(kp().text(), "", "kp goes on where Kafka's tool has committed");

    let own: String = (0..100).map(|number| format!("{{\"str\":\"result{number}\"}}\n")).collect();
    broker.producer().args(["--topic", &topic, "--count", "100"]).run().exits(0);
    assert_eq!(read(&group, "100"), own, "Kafka's tool goes on where it was");
    let offsets = tool("kafka-get-offsets", &broker, &["--topic", &topic], "");
    assert_eq!(offsets, format!("{topic}:0:200\n"));
}
