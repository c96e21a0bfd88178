use super::*;

const IDLE: Duration = Duration::from_secs(3);
const LIMIT: Duration = Duration::from_secs(20);

/// A reader that reached its end at the second 0, and the time so many seconds later.
fn at_end() -> (Progress, impl Fn(u64) -> Instant) {
    let start = Instant::now();
    let mut progress = Progress::new(start);
    progress.reached_end(start);
    (progress, move |second| start + Duration::from_secs(second))
}

#[test]
fn a_reader_is_idle_once_all_ended_long_enough_ago() {
    let (mut progress, at) = at_end();
    assert_eq!(progress.idle(at(2), IDLE), None);
    assert_eq!(progress.idle(at(3), IDLE), Some(at(0)));
    progress.has_message();
    assert_eq!(progress.idle(at(9), IDLE), None, "more came");
    progress.stands_at_end(at(9));
    assert_eq!(progress.idle(at(11), IDLE), None);
    assert_eq!(progress.idle(at(12), IDLE), Some(at(9)));
    progress.left_end();
    assert_eq!(progress.idle(at(99), IDLE), None);
}

#[test]
fn an_end_without_doubt_is_believed_at_once() {
    let (mut progress, at) = at_end();
    assert!(progress.is_confirmed(at(3), false));
    assert_eq!(progress.ended(), Some(at(0)));
}

#[test]
fn after_a_failing_answer_idle_time_counts_anew() {
    let (mut progress, at) = at_end();
    progress.is_refuted(at(4));
    assert_eq!(progress.idle(at(6), IDLE), None);
    assert_eq!(progress.idle(at(7), IDLE), Some(at(4)));
    progress.is_refuted(at(8));
    assert_eq!(progress.idle(at(10), IDLE), None, "each time");
}

#[test]
fn the_first_good_answer_after_doubt_is_asked_for_once_more() {
    let (mut progress, at) = at_end();
    progress.is_refuted(at(4));
    assert!(!progress.is_confirmed(at(7), false), "the leader may be new");
    assert_eq!(progress.idle(at(11), IDLE), None, "producers have to find it first");
    assert_eq!(progress.idle(at(12), IDLE), Some(at(7)));
    assert!(progress.is_confirmed(at(12), false));
}

#[test]
fn an_answer_in_trouble_is_asked_for_once_more_and_not_for_ever() {
    let (mut progress, at) = at_end();
    assert!(!progress.is_confirmed(at(3), true));
    assert_eq!(progress.idle(at(7), IDLE), None);
    assert_eq!(progress.idle(at(8), IDLE), Some(at(3)));
    assert!(progress.is_confirmed(at(8), true), "what was heard long ago is heard still");
}

#[test]
fn an_end_that_a_new_leader_tells_again_ends_no_doubt() {
    let (mut progress, at) = at_end();
    progress.is_refuted(at(4));
    progress.reached_end(at(5));
    assert!(!progress.is_confirmed(at(8), false));
    progress.reached_end(at(9));
    assert_eq!(progress.idle(at(13), IDLE), None);
    assert_eq!(progress.idle(at(14), IDLE), Some(at(9)));
    assert!(progress.is_confirmed(at(14), false));
}

#[test]
fn an_end_that_is_told_again_is_asked_for_once_more_and_is_no_stall() {
    let (mut progress, at) = at_end();
    progress.reached_end(at(1));
    assert!(progress.rests_at_end());
    assert!(!progress.is_confirmed(at(4), false));
    assert!(progress.is_confirmed(at(9), false));
}

#[test]
fn a_failing_answer_takes_back_a_good_one() {
    let (mut progress, at) = at_end();
    assert!(!progress.is_confirmed(at(3), true));
    progress.is_refuted(at(8));
    assert!(!progress.is_confirmed(at(11), false));
    assert!(progress.is_confirmed(at(16), false));
}

#[test]
fn a_message_clears_doubt_and_what_was_confirmed() {
    let (mut progress, at) = at_end();
    progress.is_refuted(at(4));
    progress.has_message();
    progress.reached_end(at(5));
    assert!(progress.is_confirmed(at(8), false), "no doubt is left");
    let (mut progress, at) = at_end();
    assert!(!progress.is_confirmed(at(3), true));
    progress.has_message();
    progress.reached_end(at(5));
    assert!(!progress.is_confirmed(at(8), true), "trouble counts anew");
}

#[test]
fn a_reader_at_its_end_rests_unless_that_is_in_doubt() {
    let (mut progress, at) = at_end();
    assert!(progress.rests_at_end());
    progress.is_refuted(at(4));
    assert!(!progress.rests_at_end());
    assert!(!progress.is_confirmed(at(7), false));
    assert!(progress.rests_at_end());
}

#[test]
fn nothing_stalls_while_messages_come_or_a_leader_is_first_missed() {
    let (mut progress, at) = at_end();
    progress.has_message();
    assert!(progress.has_stalled(at(20), LIMIT), "when it came is not known yet");
    progress.is_quiet(at(19));
    assert!(!progress.has_stalled(at(20), LIMIT));
    assert!(progress.has_stalled(at(39), LIMIT));
    progress.is_quiet(at(39));
    assert!(progress.has_stalled(at(39), LIMIT), "none came since");
    progress.is_refuted(at(40));
    progress.is_refuted(at(50));
    assert!(!progress.has_stalled(at(59), LIMIT));
    assert!(progress.has_stalled(at(60), LIMIT), "from the first answer that failed");
}

#[test]
fn it_is_looked_once_why_nothing_goes_forward() {
    let (mut progress, at) = at_end();
    assert!(!progress.is_to_be_looked_at(at(1), IDLE));
    assert!(progress.is_to_be_looked_at(at(3), IDLE));
    progress.found(Some("no leader".to_owned()));
    assert!(!progress.is_to_be_looked_at(at(9), IDLE));
    assert_eq!(progress.obstacle(), Some("no leader"));
    progress.moved_on(at(10));
    assert!(progress.is_to_be_looked_at(at(13), IDLE));
    assert_eq!(progress.obstacle(), None);
}

#[test]
fn the_end_is_wanted_from_the_first_time_that_it_is_asked_for() {
    let (mut progress, at) = at_end();
    assert!(!progress.end_wanted_for(at(5), IDLE));
    progress.has_message();
    assert!(!progress.end_wanted_for(at(7), IDLE));
    assert!(progress.end_wanted_for(at(8), IDLE));
}
