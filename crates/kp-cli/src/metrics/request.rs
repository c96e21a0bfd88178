//! A request of HTTP, and its answer. Bytes alone: nothing is read or written here.

use std::fmt::Write as _;

use super::page::Form;

/// A head is no longer than this, and has no more lines.
pub(super) const LONGEST: usize = 8 * 1024;
const LINES: usize = 64;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) page: Page,
    /// Whether only the head of the answer is wanted.
    pub(super) is_head: bool,
}

/// A page that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    Metrics(Form),
    Health,
}

/// Why a request gets no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is not HTTP.
    Unreadable,
    /// Its head is too long.
    TooLong,
    /// It is not GET or HEAD.
    OtherMethod,
    /// There is no such page, of which only the head is wanted, or all.
    NoPage { is_head: bool },
}

/// Reads the head of a request; none while it is not whole.
pub(super) fn read(head: &[u8]) -> Option<Result<Request, Refused>> {
    let mut headers = [httparse::EMPTY_HEADER; LINES];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => Some(understood(&request)),
        Ok(httparse::Status::Partial) if head.len() < LONGEST => None,
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            Some(Err(Refused::TooLong))
        }
        Err(_) => Some(Err(Refused::Unreadable)),
    }
}

fn understood(request: &httparse::Request<'_, '_>) -> Result<Request, Refused> {
    let is_head = match request.method {
        Some("GET") => false,
        Some("HEAD") => true,
        _ => return Err(Refused::OtherMethod),
    };
    let path = request.path.unwrap_or_default();
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let page = match path {
        "/metrics" => Page::Metrics(form(request.headers)),
        "/healthz" => Page::Health,
        _ => return Err(Refused::NoPage { is_head }),
    };
    Ok(Request { page, is_head })
}

/// OpenMetrics only for whoever names it; everybody reads the other one.
fn form(headers: &[httparse::Header<'_>]) -> Form {
    let mut accept = headers.iter().filter(|one| one.name.eq_ignore_ascii_case("accept"));
    let wants = |value: &[u8]| {
        let value = String::from_utf8_lossy(value).to_ascii_lowercase();
        value.contains("application/openmetrics-text")
    };
    if accept.any(|one| wants(one.value)) { Form::OpenMetrics } else { Form::Prometheus }
}

/// An answer: its status, what it is, and its text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: &'static str,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

const TEXT: &str = "text/plain; charset=utf-8";

impl Answer {
    /// A line of text.
    pub(super) fn line(status: &'static str, line: &str) -> Self {
        Self { status, content_type: TEXT, body: format!("{line}\n") }
    }

    /// The answer to a request that gets no page.
    pub(super) fn refusal(refused: Refused) -> Self {
        match refused {
            Refused::Unreadable => Self::line("400 Bad Request", "this is not HTTP"),
            Refused::TooLong => {
                Self::line("431 Request Header Fields Too Large", "the request is too long")
            }
            Refused::OtherMethod => {
                Self::line("405 Method Not Allowed", "only GET and HEAD are answered")
            }
            Refused::NoPage { .. } => Self::line("404 Not Found", "there is /metrics and /healthz"),
        }
    }

    /// The bytes to send.
    pub(super) fn bytes(&self, is_head: bool) -> Vec<u8> {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n",
            self.status,
            self.content_type,
            self.body.len()
        );
        if self.status.starts_with("405") {
            text.push_str("Allow: GET, HEAD\r\n");
        }
        text.push_str("\r\n");
        if !is_head {
            text.push_str(&self.body);
        }
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(head: &str) -> Result<Page, Refused> {
        read(head.as_bytes()).unwrap().map(|request| request.page)
    }

    #[test]
    fn each_page_has_one_path_and_everything_else_is_refused() {
        let metrics = Ok(Page::Metrics(Form::Prometheus));
        assert_eq!(page("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"), metrics);
        assert_eq!(page("GET /metrics?name[]=a HTTP/1.0\n\n"), metrics);
        assert_eq!(page("HEAD /healthz HTTP/1.1\r\n\r\n"), Ok(Page::Health));
        assert_eq!(page("GET / HTTP/1.1\r\n\r\n"), Err(Refused::NoPage { is_head: false }));
        assert_eq!(page("HEAD /metrics/ HTTP/1.1\r\n\r\n"), Err(Refused::NoPage { is_head: true }));
        assert_eq!(page("POST /metrics HTTP/1.1\r\n\r\n"), Err(Refused::OtherMethod));
        assert_eq!(page("\x16\x03\x01 hello\r\n\r\n"), Err(Refused::Unreadable));
    }

    #[test]
    fn openmetrics_is_for_whoever_names_it() {
        let with =
            |accept: &str| page(&format!("GET /metrics HTTP/1.1\r\nACCEPT: {accept}\r\n\r\n"));
        assert_eq!(
            with("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"),
            Ok(Page::Metrics(Form::OpenMetrics))
        );
        assert_eq!(with("*/*"), Ok(Page::Metrics(Form::Prometheus)));
    }

    #[test]
    fn a_head_that_is_not_whole_is_waited_for_up_to_a_limit() {
        assert_eq!(read(b""), None);
        assert_eq!(read(b"GET /metrics HTTP/1.1\r\nHost: a\r\n"), None);
        let long = format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(LONGEST));
        assert_eq!(read(long.as_bytes()), Some(Err(Refused::TooLong)));
        let many = format!("GET /metrics HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(LINES + 1));
        assert_eq!(read(many.as_bytes()), Some(Err(Refused::TooLong)));
    }

    #[test]
    fn an_answer_says_how_long_it_is_and_a_head_alone_has_no_more() {
        let answer = Answer::refusal(Refused::OtherMethod);
        let whole = String::from_utf8(answer.bytes(false)).unwrap();
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 405 ") && head.contains("Allow: GET, HEAD"), "{head}");
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
        assert_eq!(answer.bytes(true), [head, "\r\n\r\n"].concat().into_bytes());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Some(read) = read(&bytes) {
                let _ = read.map_err(|refused| Answer::refusal(refused).bytes(false));
            }
        }
    }
}
