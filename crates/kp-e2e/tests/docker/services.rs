//! The programs as an image, and as the services of `docker-compose.services.yml`.
//!
//! The image has the programs that all tests run, over a base of nothing but the libraries that
//! they are linked with here: no registry is asked.

mod image;

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kp_e2e::{Build, Program, random_name};
use kp_process::{Call, Finished};
use kp_stack::docker::Docker;
use kp_stack::docker::port::find_free;
use serde_json::Value;

use image::Image;

/// From the start until all services are healthy; 15 s are usual.
const STARTUP: Duration = Duration::from_secs(120);

/// Three checks, 5 s from one to the next, and what the last one may take.
const NOTICED: Duration = Duration::from_secs(60);

/// A call of Docker or Compose, which waits until a service is healthy or has ended.
const PATIENCE: Duration = Duration::from_secs(120);

const SERVICES: [&str; 3] = ["broker", "producer", "consumer"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Runs it to its end, which has to come.
fn run(call: Call) -> Finished {
    let mut running = call.start().unwrap();
    running.wait(PATIENCE, || Ok(())).unwrap();
    running.finish()
}

fn docker(arguments: &[&str]) -> Finished {
    run(Call::new("docker").args(arguments))
}

/// A project of Compose with a name and ports of its own; it goes with its data.
struct Services {
    project: String,
    image: Arc<Image>,
    ports: [(&'static str, u16); 3],
}

impl Services {
    fn new() -> Self {
        let image = Image::shared();
        let variables =
            ["KP_COMPOSE_PORT", "KP_COMPOSE_PRODUCER_METRICS", "KP_COMPOSE_CONSUMER_METRICS"];
        let ports = variables.map(|variable| (variable, find_free()));
        Self { project: random_name("kp-services"), image, ports }
    }

    fn call(&self, arguments: &[&str]) -> Call {
        let compose = Docker::find().unwrap().compose_words();
        let mut words = compose.split(' ');
        let mut call = Call::new(words.next().unwrap())
            .args(words)
            .args(["-f", "docker-compose.services.yml", "-p", &self.project])
            .args(arguments)
            .folder(root())
            .env("KP_IMAGE", self.image.name());
        for (variable, port) in self.ports {
            call = call.env(variable, port.to_string());
        }
        // A call has none of the user's variables. This one says where the machine has the image.
        if let Ok(kafka) = std::env::var("KP_KAFKA_IMAGE") {
            call = call.env("KP_KAFKA_IMAGE", kafka);
        }
        call
    }

    /// kp-admin on this machine, on the broker's published port.
    fn admin(&self) -> Call {
        let (_, port) = self.ports[0];
        Call::new(Program::Admin.path(Build::Plain)).args(["-b", &format!("localhost:{port}")])
    }

    fn compose(&self, arguments: &[&str]) -> String {
        run(self.call(arguments)).exits(0).unwrap().text()
    }

    fn container(&self, service: &str) -> String {
        self.compose(&["ps", "-q", service]).trim().to_owned()
    }

    fn inspect(container: &str, what: &str) -> String {
        let said = docker(&["inspect", "--format", what, container]).exits(0).unwrap();
        said.text().trim().to_owned()
    }

    /// Waits until the health of a container is this.
    fn wait_for_health(&self, service: &str, wanted: &str, within: Duration) {
        let container = self.container(service);
        let end = Instant::now() + within;
        loop {
            let health = Self::inspect(&container, "{{.State.Health.Status}}");
            if health == wanted {
                return;
            }
            if Instant::now() > end {
                let log = Self::inspect(&container, "{{json .State.Health.Log}}");
                let said = self.compose(&["logs", "--tail", "20", service]);
                panic!("{service} is {health}, not {wanted}\n{log}\n{said}");
            }
        }
    }

    fn wait_for_lines(&self, count: usize) {
        let end = Instant::now() + STARTUP;
        while self.lines_of("consumer") < count {
            assert!(Instant::now() < end, "{}", self.compose(&["logs", "--tail", "20"]));
        }
    }

    fn lines_of(&self, service: &str) -> usize {
        let log = docker(&["logs", &self.container(service)]).exits(0).unwrap();
        log.text().lines().count()
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let down = self.call(&["down", "-v", "--remove-orphans", "-t", "1"]);
        let _ = down.start().map(|mut down| down.finish());
    }
}

#[test]
fn the_image_runs_each_program_as_a_user_without_rights() {
    let image = Image::shared();
    let user = docker(&["image", "inspect", "--format", "{{.Config.User}}", image.name()]);
    assert_eq!(user.exits(0).unwrap().text(), "65532:65532\n");
    for program in Program::ALL {
        let alone = ["run", "--rm", "--read-only", "--cap-drop", "ALL", "--network", "none"];
        let version = [&alone[..], &[image.name(), program.name(), "--version"]].concat();
        let said = docker(&version).exits(0).unwrap().text();
        assert!(said.starts_with(&format!("{} ", program.name())), "{said}");
    }
    let help = docker(&["run", "--rm", image.name()]).exits(0).unwrap().text();
    assert!(help.contains("Usage: kp-admin"), "{help}");
}

#[test]
fn producer_and_consumer_are_healthy_services_that_end_in_order() {
    let services = Services::new();
    services.compose(&["up", "-d", "--no-build"]);
    for service in SERVICES {
        services.wait_for_health(service, "healthy", STARTUP);
    }
    services.wait_for_lines(20);
    for (_, port) in services.ports {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        TcpStream::connect_timeout(&address, PATIENCE).unwrap();
    }

    let asked = Instant::now();
    let containers = ["producer", "consumer"].map(|service| services.container(service));
    services.compose(&["stop", "producer", "consumer"]);
    // Docker kills what is not at its end after 15 s.
    for container in &containers {
        let code = Services::inspect(container, "{{.State.ExitCode}}");
        let log = docker(&["logs", "--tail", "5", container]);
        assert_eq!(code, "0", "after {:?}: {log}", asked.elapsed());
    }
    // Exactly what was printed is committed.
    let log = docker(&["logs", &containers[1]]).exits(0).unwrap().text();
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    let described = ["groups", "describe", "order-printers", "--output", "json"];
    let group = run(services.admin().args(described)).exits(0).unwrap().text();
    let group: Value = serde_json::from_str(&group).unwrap();
    let committed = group["partitions"][0]["committed"].as_i64();
    assert_eq!(committed, last["offset"].as_i64().map(|offset| offset + 1), "{group}");
}

#[test]
fn services_without_their_broker_are_unhealthy_until_it_is_back() {
    let services = Services::new();
    services.compose(&["up", "-d", "--no-build"]);
    services.wait_for_lines(1);
    services.compose(&["stop", "-t", "1", "broker"]);
    for service in ["producer", "consumer"] {
        services.wait_for_health(service, "unhealthy", NOTICED);
    }
    let before = services.lines_of("consumer");
    services.compose(&["start", "broker"]);
    for service in SERVICES {
        services.wait_for_health(service, "healthy", STARTUP);
    }
    services.wait_for_lines(before + 1);
}
