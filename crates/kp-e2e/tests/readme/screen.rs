//! Whether a screen came true, but for what differs from run to run.

/// Units of figures that are never the same twice.
const UNITS: [&str; 4] = ["msg/s", "MB/s", "ms", "s"];

/// Words that a changing word follows.
const BEFORE: [&str; 4] = ["[Done]:", "process", "log", "TopicId:"];

/// Words that numbers of brokers follow: how many there are is compared, not which.
const BEFORE_BROKERS: [&str; 3] = ["Leader:", "Replicas:", "Isr:"];

/// The line without what differs from run to run.
pub(crate) fn settled(line: &str) -> String {
    let words: Vec<_> = line.split_inclusive(char::is_whitespace).collect();
    let bare = |at: usize| {
        words.get(at).map_or("", |word| word.trim().trim_matches(['(', ')', '.', ',', ';']))
    };
    let mut settled = String::new();
    for (at, word) in words.iter().enumerate() {
        let before = if at == 0 { "" } else { bare(at - 1) };
        let is_figure = bare(at).parse::<f64>().is_ok();
        if BEFORE.contains(&before) || is_figure && UNITS.contains(&bare(at + 1)) {
            settled.push_str(&word.replace(bare(at), "#"));
        } else if BEFORE_BROKERS.contains(&before) {
            settled.push_str(&word.replace(|letter: char| letter.is_ascii_digit(), "#"));
        } else {
            settled.push_str(word);
        }
    }
    without_time(&without_dates(&settled))
}

/// Dates as `2026-11-29T18:02:12.045Z` and `20261129T180212Z`, the last one also in a file's name,
/// without their digits, which may be fewer.
fn without_dates(line: &str) -> String {
    let is_part = |letter: char| letter.is_ascii_digit() || "-:.TZ".contains(letter);
    let mut left = line;
    let mut settled = String::new();
    while let Some(start) = left.find(is_part) {
        let (before, rest) = left.split_at(start);
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        settled.push_str(before);
        // A second file of the same second has a number behind the date.
        let is_date = part.split_once('T').is_some_and(|(date, time)| {
            date.trim_start_matches('-').starts_with("20") && time.contains('Z')
        });
        settled.push_str(if is_date { "#" } else { part });
        left = after;
    }
    settled.push_str(left);
    settled
}

/// The timestamp of a message in JSON.
fn without_time(line: &str) -> String {
    const NAME: &str = "\"timestamp\":";
    let Some((before, rest)) = line.split_once(NAME) else { return line.to_owned() };
    let rest = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
    format!("{before}{NAME}#{rest}")
}

/// Whether the lines are those that are shown; `...` stands for any lines, also for none.
pub(crate) fn is_shown(shown: &[String], came: &[String]) -> bool {
    match shown {
        [] => came.is_empty(),
        [dots, rest @ ..] if dots == "..." => {
            (0..=came.len()).any(|left_out| is_shown(rest, &came[left_out..]))
        }
        [line, rest @ ..] => {
            came.first().is_some_and(|first| first == line) && is_shown(rest, &came[1..])
        }
    }
}

#[test]
fn figures_differ_and_words_do_not() {
    let shown = "  451492 msg/s, 8.53 MB/s; delivery latency p50 1.6 ms, max 1.9 ms";
    let came = "  4008 msg/s, 0.08 MB/s; delivery latency p50 224.4 ms, max 224.6 ms";
    assert_eq!(settled(shown), settled(came));
    assert_eq!(settled("The stack is up (3.3 s)."), settled("The stack is up (31.8 s)."));
    assert_eq!(settled("[Done]: 0.0022"), settled("[Done]: 1.5"));
    assert_eq!(settled("Leader: 3\tIsr: 3,1"), settled("Leader: 1\tIsr: 1,2"));
    assert_ne!(settled("Leader: 3\tIsr: 3,1,2"), settled("Leader: 1\tIsr: 1,2"));
    assert_eq!(settled("at 2026-11-29T18:02:12.045Z"), settled("at 2025-01-02T03:04:05Z"));
    assert_eq!(
        settled("kp-undo-g-20261129T180212Z.json, and"),
        settled("kp-undo-g-20270101T000000Z-2.json, and")
    );
    assert_ne!(settled("kp-undo-g-1.json"), settled("kp-undo-g-2.json"));
    assert_ne!(settled("1000 messages"), settled("999 messages"));
    assert_ne!(settled("LOST   0"), settled("LOST   1"));
}

#[test]
fn dots_stand_for_any_lines() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(is_shown(&lines("a\n...\nd"), &lines("a\nb\nc\nd")));
    assert!(is_shown(&lines("a\n...\nd"), &lines("a\nd")));
    assert!(is_shown(&lines("a\n..."), &lines("a")));
    assert!(!is_shown(&lines("a\n...\nd"), &lines("a\nb")));
    assert!(!is_shown(&lines("a"), &lines("a\nb")));
    assert!(!is_shown(&lines("a\nb"), &lines("a")));
}
