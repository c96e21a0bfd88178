//! A login by a token, which a server gives for an id and a secret (OpenID Connect's client
//! credentials).

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use kp_e2e::{Call, Program};

use super::broker::{Listener, SecureBroker};
use super::is_refused;

/// Whose tokens may do everything.
pub(crate) const ADMIN: &str = "token-admin";
const SECRET: &str = "t0k3n-s3cr3t";

/// A server that gives tokens to clients that have the secret, until its test process ends.
pub(crate) struct TokenServer {
    pub(crate) url: String,
    given: Arc<AtomicUsize>,
}

impl TokenServer {
    /// Each token is valid for so long.
    pub(crate) fn start(seconds: u64, secret: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        let given = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&given);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (head, body) = request(&mut BufReader::new(stream.try_clone().unwrap()));
                let (status, answer) = answer(&head, &body, seconds, secret);
                if status == "200 OK" {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
                    answer.len()
                );
            }
        });
        Self { url, given }
    }

    fn given(&self) -> usize {
        self.given.load(Ordering::Relaxed)
    }
}

fn request(reader: &mut impl BufRead) -> (String, String) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn answer(head: &str, body: &str, seconds: u64, secret: &str) -> (&'static str, String) {
    let credentials = base64(format!("{ADMIN}:{secret}").as_bytes(), "+/", true);
    assert!(body.contains("grant_type=client_credentials"), "{body}");
    if !head.contains(&format!("Basic {credentials}")) {
        let error =
            r#"{"error":"invalid_client","error_description":"no such client, or another secret"}"#;
        return ("401 Unauthorized", error.to_owned());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = format!(r#"{{"sub":"{ADMIN}","iat":{now},"exp":{}}}"#, now + seconds);
    let part = |text: &str| base64(text.as_bytes(), "-_", false);
    let token = format!("{}.{}.", part(r#"{"alg":"none"}"#), part(&claims));
    ("200 OK", format!(r#"{{"access_token":"{token}"}}"#))
}

/// Of a few bytes; a library would be more than this.
fn base64(bytes: &[u8], last_two: &str, padded: bool) -> String {
    let alphabet: Vec<char> =
        ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(last_two.chars()).collect();
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = (0..3)
            .fold(0, |sum, place| sum << 8 | u32::from(three.get(place).copied().unwrap_or(0)));
        for place in 0..=three.len() {
            text.push(alphabet[(number >> (18 - 6 * place) & 63) as usize]);
        }
        if padded {
            text.extend(std::iter::repeat_n('=', 3 - three.len()));
        }
    }
    text
}

/// A call that logs in with a token from this server.
fn with_token(broker: &SecureBroker, program: Program, server: &TokenServer, secret: &str) -> Call {
    let call = broker
        .call_in_protocol(program, Listener::Token)
        .env("KP_KAFKA__SASL_MECHANISM", "OAUTHBEARER");
    [
        ("METHOD", "oidc"),
        ("CLIENT_ID", ADMIN),
        ("CLIENT_SECRET", secret),
        ("TOKEN_ENDPOINT_URL", &server.url),
    ]
    .iter()
    .fold(call, |call, (name, value)| {
        call.env(&format!("KP_KAFKA__LIBRDKAFKA__SASL_OAUTHBEARER_{name}"), value)
    })
}

#[test]
fn each_program_works_with_a_token_and_renews_it_before_it_expires() {
    let broker = SecureBroker::shared();
    broker.make("tokens");
    let server = TokenServer::start(4, SECRET);
    with_token(&broker, Program::Admin, &server, SECRET).args(["topics", "list"]).run().exits(0);
    assert_eq!(server.given(), 1);
    // Longer than a token is valid.
    let sent = with_token(&broker, Program::Producer, &server, SECRET)
        .args(["--topic", "tokens", "--count", "80", "--rate", "10"])
        .run()
        .exits(0);
    assert!(server.given() > 2, "{} tokens: {sent}", server.given());
    let read = with_token(&broker, Program::Consumer, &server, SECRET)
        .args(["--topic", "tokens", "--group", "tokens"])
        .run()
        .exits(0);
    assert_eq!(read.messages().len(), 80, "{read}");
}

#[test]
fn a_server_that_gives_no_token_is_named_with_its_reason() {
    let broker = SecureBroker::shared();
    let server = TokenServer::start(60, SECRET);
    for program in [Program::Producer, Program::Consumer, Program::Admin] {
        let call = || {
            let call = with_token(&broker, program, &server, "another-secret");
            match program {
                Program::Admin => call.args(["topics", "list"]),
                _ => call,
            }
        };
        is_refused(call().run(), &[&server.url, "401", "no such client", "sasl.oauthbearer"]);
        let talkative = call().args(["-vvv", "-X", "debug=all"]).run().exits(4);
        assert!(!talkative.stderr.contains("another-secret"), "it shows");
    }
    let nobody = TokenServer { url: "http://127.0.0.1:1/token".to_owned(), given: Arc::default() };
    let call = with_token(&broker, Program::Producer, &nobody, SECRET);
    is_refused(call.run(), &[&nobody.url, "sasl.oauthbearer"]);
}

#[test]
fn what_is_missing_for_a_token_is_a_wrong_setting() {
    let broker = SecureBroker::shared();
    broker
        .call_in_protocol(Program::Producer, Listener::Token)
        .env("KP_KAFKA__SASL_MECHANISM", "OAUTHBEARER")
        .env("KP_KAFKA__LIBRDKAFKA__SASL_OAUTHBEARER_METHOD", "oidc")
        .run()
        .exits(3)
        .says(&["sasl.oauthbearer.token.endpoint.url", "KP_KAFKA__LIBRDKAFKA__"]);
}
