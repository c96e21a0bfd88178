//! What a program answers over HTTP: its metrics, and whether it works.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::deadline::DEADLINE;

/// An answer of HTTP.
#[derive(Debug)]
pub struct HttpAnswer {
    /// As 200.
    pub status: u16,
    /// The lines before the body.
    pub head: String,
    /// The body.
    pub body: String,
}

/// Sends these bytes, and reads the answer until the other side closes.
///
/// # Panics
/// When nothing listens there, or the answer is not HTTP or does not come.
#[track_caller]
pub fn http(address: SocketAddr, request: &[u8]) -> HttpAnswer {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
    stream.write_all(request).expect("a request can be sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer in time, of text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    HttpAnswer { status: status.expect("a status"), head: head.to_owned(), body: body.to_owned() }
}

/// Asks for a page.
///
/// # Panics
/// As [`http`].
#[track_caller]
pub fn get(address: SocketAddr, path: &str) -> HttpAnswer {
    http(address, format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())
}

/// The metrics of a program at one moment.
#[derive(Debug)]
pub struct Scraped {
    /// The types by name, as `# TYPE` says them.
    pub types: BTreeMap<String, String>,
    /// The values, by name and labels as they stand there: `a_total{topic="t"}`.
    pub values: BTreeMap<String, f64>,
}

impl Scraped {
    /// Asks a program for them.
    ///
    /// # Panics
    /// When it does not answer in Prometheus's text.
    #[track_caller]
    pub fn of(address: SocketAddr) -> Self {
        let answer = get(address, "/metrics");
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.head.contains("text/plain; version=0.0.4"), "{answer:?}");
        let mut scraped = Self { types: BTreeMap::new(), values: BTreeMap::new() };
        for line in answer.body.lines() {
            if let Some(named) = line.strip_prefix("# TYPE ") {
                let (name, kind) = named.split_once(' ').expect("a name and a type");
                scraped.types.insert(name.to_owned(), kind.to_owned());
            } else if !line.starts_with('#') {
                let (name, value) = line.rsplit_once(' ').expect("a name and a value");
                scraped.values.insert(name.to_owned(), value.parse().expect("a number"));
            }
        }
        scraped
    }

    /// The value of this name and these labels, as they stand there; none where it is absent.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.values.get(name).copied()
    }

    /// All values of this name together.
    pub fn sum(&self, name: &str) -> f64 {
        let of_name = |key: &&String| key.split('{').next() == Some(name);
        self.values.iter().filter(|(key, _)| of_name(key)).map(|(_, value)| value).sum()
    }
}
