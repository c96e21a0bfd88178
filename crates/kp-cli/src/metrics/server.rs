//! A small server: a thread that takes connections, and one for each of a few of them.
//!
//! Each connection has a request, an answer and a limit of time. Where more come than there may be,
//! the oldest is closed, so that clients that say nothing keep nobody out. No thread is waited for
//! when the process ends.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::board::{Board, GLANCE};
#[cfg(test)]
use super::page::Sheet;
use super::page::{Figures, page};
use super::request::{self, Answer, LONGEST, Page, Request};

/// So many connections may be open.
const MOST: usize = 16;
/// So many threads may run: the thread of a connection that was closed ends a little later.
const MOST_THREADS: usize = 2 * MOST;
/// How long a thread is waited for that ends, before a connection is closed unanswered.
const ROOM: Duration = Duration::from_millis(200);
/// How long a request may take, and then its answer.
const REQUEST: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(5);
/// How long and how much of what a client still sends is read, so that it gets the answer.
const REST: Duration = Duration::from_millis(500);
const MOST_OF_REST: usize = 64 * 1024;
/// The pause after a connection that cannot be taken, as when the process has too many files open.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers requests from here on, until the process ends.
///
/// # Errors
/// The operating system has no thread for it.
pub(super) fn start<F: Figures>(
    listener: TcpListener,
    program: &'static str,
    board: Board<F>,
) -> io::Result<()> {
    let watched = board.clone();
    let watch = move || {
        loop {
            watched.watch();
            thread::sleep(GLANCE);
        }
    };
    thread::Builder::new().name("kp-watch".to_owned()).spawn(watch)?;
    let shown = Shown { program, start: SystemTime::now(), board };
    let server = move || {
        let open = Open::default();
        for (number, stream) in (0..).zip(listener.incoming()) {
            match stream {
                Ok(stream) => take(number, stream, &open, &shown),
                Err(_) => thread::sleep(PAUSE),
            }
        }
    };
    thread::Builder::new().name("kp-metrics".to_owned()).spawn(server).map(|_| ())
}

/// What is answered from.
struct Shown<F> {
    program: &'static str,
    start: SystemTime,
    board: Board<F>,
}

impl<F> Clone for Shown<F> {
    fn clone(&self) -> Self {
        Self { program: self.program, start: self.start, board: self.board.clone() }
    }
}

/// The open connections, the oldest first.
#[derive(Clone, Default)]
struct Open(Arc<Mutex<VecDeque<(u64, TcpStream)>>>);

impl Open {
    /// Adds a connection, and closes the oldest where there are too many. The thread of a closed
    /// one ends by that.
    fn add(&self, number: u64, stream: TcpStream) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MOST
            && let Some((_, oldest)) = open.pop_front()
        {
            let _ = oldest.shutdown(Shutdown::Both);
        }
        open.push_back((number, stream));
    }

    /// Whether one more thread may run; waits a moment for one that ends.
    fn has_room(&self) -> bool {
        let end = Instant::now() + ROOM;
        // Each thread has a clone of this, and the server has one.
        while Arc::strong_count(&self.0) > MOST_THREADS {
            if Instant::now() >= end {
                return false;
            }
            thread::sleep(ROOM / 20);
        }
        true
    }

    fn remove(&self, number: u64) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(one, _)| *one != number);
    }
}

/// Answers a connection in a thread of its own. One for which there is no thread, or no
/// room, is closed.
fn take<F: Figures>(number: u64, stream: TcpStream, open: &Open, shown: &Shown<F>) {
    if !open.has_room() {
        return;
    }
    let Ok(same) = stream.try_clone() else {
        return;
    };
    open.add(number, same);
    let (open_there, shown) = (open.clone(), shown.clone());
    let answer = move || {
        // A client that went away has nobody to tell.
        let _ = answer(stream, &shown);
        open_there.remove(number);
    };
    if thread::Builder::new().name("kp-scrape".to_owned()).spawn(answer).is_err() {
        open.remove(number);
    }
}

fn answer<F: Figures>(mut stream: TcpStream, shown: &Shown<F>) -> io::Result<()> {
    let request = read(&mut stream, Instant::now() + REQUEST)?;
    let (answer, is_head) = match request {
        Ok(request) => (shown.page(request), request.is_head),
        Err(refused) => {
            (Answer::refusal(refused), refused == request::Refused::NoPage { is_head: true })
        }
    };
    write(&mut stream, &answer.bytes(is_head), Instant::now() + ANSWER)?;
    // With bytes unread the system would close in a way that takes the answer back.
    stream.shutdown(Shutdown::Write)?;
    let (deadline, mut rest) = (Instant::now() + REST, MOST_OF_REST);
    let mut bytes = [0; 1024];
    while rest > 0 {
        match read_some(&mut stream, &mut bytes, deadline)? {
            0 => break,
            count => rest = rest.saturating_sub(count),
        }
    }
    Ok(())
}

fn read(
    stream: &mut TcpStream,
    deadline: Instant,
) -> io::Result<Result<Request, request::Refused>> {
    let mut head = Vec::new();
    let mut bytes = [0; 1024];
    loop {
        if let Some(request) = request::read(&head) {
            return Ok(request);
        }
        let room = bytes.len().min(LONGEST - head.len());
        let count = read_some(stream, &mut bytes[..room], deadline)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&bytes[..count]);
    }
}

/// Some bytes, before the deadline.
fn read_some(stream: &mut TcpStream, bytes: &mut [u8], deadline: Instant) -> io::Result<usize> {
    stream.set_read_timeout(Some(left(deadline)?))?;
    stream.read(bytes)
}

fn write(stream: &mut TcpStream, bytes: &[u8], deadline: Instant) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        stream.set_write_timeout(Some(left(deadline)?))?;
        written += match stream.write(&bytes[written..])? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            count => count,
        };
    }
    Ok(())
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

impl<F: Figures> Shown<F> {
    fn page(&self, request: Request) -> Answer {
        let (figures, health) = self.board.ask();
        match (request.page, health) {
            (Page::Health, Ok(())) => Answer::line("200 OK", "ok"),
            (Page::Health, Err(why)) => {
                Answer::line("503 Service Unavailable", &why.replace(['\n', '\r'], " "))
            }
            (Page::Metrics(form), health) => {
                match page(form, self.program, self.start, figures, health.is_ok()) {
                    Ok(body) => {
                        Answer { status: "200 OK", content_type: form.content_type(), body }
                    }
                    Err(_) => Answer::line(
                        "500 Internal Server Error",
                        "the figures cannot be written as text",
                    ),
                }
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::{fmt, fs};

    use super::*;

    #[derive(Default, Debug)]
    struct Nothing;

    impl Figures for Nothing {
        fn write(&self, _: &mut Sheet<'_>) -> fmt::Result {
            Ok(())
        }
    }

    /// How many threads answer.
    fn answering() -> usize {
        let threads = fs::read_dir("/proc/self/task").unwrap();
        let names = threads.map(|one| fs::read_to_string(one.unwrap().path().join("comm")));
        names.filter(|name| name.as_ref().is_ok_and(|name| name.trim() == "kp-scrape")).count()
    }

    #[test]
    fn many_clients_of_a_loop_that_is_held_up_make_few_threads() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // Nobody gives anything: each answer takes a while.
        start(listener, "kp-test", Board::<Nothing>::new()).unwrap();
        let mut clients = Vec::new();
        for _ in 0..120 {
            let mut client = TcpStream::connect(address).unwrap();
            // It may be closed already.
            let _ = client.write_all(b"GET /healthz HTTP/1.1\r\n\r\n");
            clients.push(client);
            assert!(answering() <= MOST_THREADS, "{}", answering());
        }
        let mut text = String::new();
        let _ = clients.last_mut().unwrap().read_to_string(&mut text);
        assert!(text.starts_with("HTTP/1.1 503"), "{text}");
    }
}
