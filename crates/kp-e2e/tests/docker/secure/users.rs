//! A user that `kp-admin users` made logs in, and no password shows.

use kp_e2e::{Program, random_name};

use super::broker::{SecureBroker, User};

#[test]
fn a_user_that_was_set_logs_in_until_it_is_deleted_and_its_password_never_shows() {
    let broker = SecureBroker::shared();
    let (name, password) = (random_name("user"), random_name("secret"));
    let admin = || broker.call_as(Program::Admin, User::ADMIN);
    let set = ["users", "set", &name, "--mechanism", "scram-sha-512", "--iterations", "5000"];
    let set = admin()
        .secret_file("password", format!("{password}\n"))
        .args(set)
        .args(["--password-file", "password", "-vvv", "-X", "debug=all"])
        .run()
        .exits(0);
    assert!(!set.text().contains(&password) && !set.stderr.contains(&password));
    let list = || admin().args(["users", "list", "--output", "json"]).run().exits(0).json();
    let listed = list();
    let user = listed["users"].as_array().unwrap().iter().find(|user| user["user"] == name);
    let credential = &user.unwrap()["credentials"][0];
    assert_eq!(credential["mechanism"], "SCRAM-SHA-512");
    assert_eq!(credential["iterations"], 5000);
    let log_in = || {
        let user = User { name: &name, password: &password, mechanism: "SCRAM-SHA-512" };
        broker.call_as(Program::Admin, user).args(["topics", "list"]).run()
    };
    log_in().exits(0);
    let gone = admin().args(["users", "delete", &name, "--yes"]).run().exits(0);
    assert!(gone.text().contains("SCRAM-SHA-512"), "{gone}");
    log_in().exits(4);
    assert!(!list().to_string().contains(&name));
}
