//! What is not there: one exit code in every program and subcommand.

use kp_e2e::{Call, Cluster, random_name};

use crate::Stage;

#[test]
fn a_missing_topic_or_group_is_exit_4_everywhere() {
    let stage = Stage::new();
    stage.produce_lines("not JSON\n");
    let absent = random_name("absent");
    let (consumer, admin) = (|| stage.broker.consumer(), || stage.broker.admin());
    let producer = || stage.broker.producer().env("KP_PRODUCER__CREATE_TOPICS", "false");
    let calls: Vec<Call> = vec![
        consumer().args(["--topic", &absent]),
        consumer().args(["--topic", &absent, "--group", "g"]),
        consumer().args(["--topic", &absent, "--topic", &format!("{absent}-2")]),
        stage
            .reader()
            .env("KP_PRODUCER__CREATE_TOPICS", "false")
            .args(["--on-bad-message", &format!("dead-letter:{absent}")]),
        producer().args(["--topic", &absent, "--count", "1"]),
        producer().args(["--topic", &absent]).stdin("a line\n"),
        producer()
            .args(["--stdin-format", "json"])
            .stdin(format!("{{\"topic\":{absent:?},\"value\":\"v\"}}\n")),
        admin().args(["topics", "describe", &absent]),
        admin().args(["topics", "describe", &stage.topic, &absent]),
        admin().args(["groups", "describe", &absent]),
    ];
    for call in calls {
        call.run().exits(4).says(&[&absent, "does not exist"]);
    }
}

#[test]
fn asking_for_so_many_messages_and_getting_none_can_be_told_from_getting_one() {
    let stage = Stage::new();
    let one = || stage.consumer().args(["--max-messages", "1", "--until-end"]);
    one().run().exits(4).says(&["printed nothing", "no messages"]);
    stage.produce(1);
    assert_eq!(one().run().exits(0).lines().len(), 1);
    one().run().exits(4).says(&["printed nothing", "read all"]);
    // Fewer messages than `--max-messages` are no failure, nor is none without that flag.
    let ten = stage.reader().args(["--max-messages", "10"]);
    ten.run().exits(0);
    stage.consumer().args(["--until-end"]).run().exits(0);
}

#[test]
fn a_name_that_is_far_off_is_not_offered() {
    let stage = Stage::new();
    let near = format!("{}x", stage.topic);
    let describe = |name: &str| stage.broker.admin().args(["topics", "describe", name]).run();
    describe(&near).exits(4).says(&["did you mean", &stage.topic]);
    for far in ["nope", "copy", "t"] {
        let told = describe(far).exits(4).says(&["kp-admin topics list"]);
        assert!(!told.stderr.contains("did you mean"), "{told}");
    }
}
