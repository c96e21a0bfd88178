//! Where partitions stand: what is at the end, and what the group is told.

use super::*;

#[test]
fn the_end_is_reached_when_every_partition_stands_there() {
    let mut assignment = Assignment::default();
    assert!(!assignment.all_ended(), "nothing assigned is not the end");
    assignment.hold("t", 0, None);
    assignment.hold("t", 1, None);
    assignment.reached_end("t", 0, 5);
    assert!(!assignment.all_ended());
    assignment.reached_end("t", 1, 0);
    assert!(assignment.all_ended());
    assignment.moved("t", 1);
    assert!(!assignment.all_ended(), "a message came after the end");
}

#[test]
fn what_is_done_up_to_the_known_end_has_ended() {
    let mut assignment = Assignment::default();
    assignment.hold("t", 0, Some(5));
    assignment.hold("t", 1, None);
    let known = |_: &str, _| Some(5);
    assignment.note_ends(known);
    assert!(!assignment.any_ended(), "nothing was read");
    assignment.done("t", 0, 4);
    assignment.note_ends(known);
    assert!(!assignment.any_ended(), "one message is left");
    assignment.done("t", 0, 5);
    assignment.note_ends(|_, _| None);
    assert!(!assignment.any_ended(), "the end is not known");
    assignment.note_ends(known);
    assert!(!assignment.all_ended(), "of partition 1 nothing was read");
    assignment.reached_end("t", 1, 0);
    assert!(assignment.all_ended());
    assignment.moved("t", 0);
    assignment.moved("t", 1);
    assert!(!assignment.any_ended());
}

#[test]
fn a_partition_that_grows_without_end_is_read_as_far_as_is_enough() {
    let mut assignment = Assignment::default();
    assignment.hold("t", 0, None);
    assignment.hold("t", 1, None);
    assignment.reached_end("t", 1, 3);
    assert_eq!(assignment.endless(), [("t".to_owned(), 0)]);
    assignment.enough("t", 0, 5);
    assert!(assignment.endless().is_empty());
    assignment.done("t", 0, 4);
    assert!(!assignment.all_read());
    assignment.done("t", 0, 6);
    assert!(assignment.all_read() && !assignment.all_ended());
}

#[test]
fn only_what_is_done_and_not_yet_known_is_committed() {
    let mut assignment = Assignment::default();
    assignment.hold("t", 0, None);
    assignment.hold("t", 1, None);
    assert_eq!(assignment.uncommitted().len(), 0);
    assignment.done("t", 0, 7);
    assert_eq!(assignment.uncommitted(), Offsets::from([(("t".to_owned(), 0), 7)]));
    let offsets = assignment.uncommitted();
    assignment.committed(&offsets);
    assert_eq!(assignment.uncommitted().len(), 0);
    assignment.done("t", 0, 9);
    assignment.committed(&offsets);
    assert_eq!(assignment.uncommitted().len(), 1, "an older commit is told late");
}

#[test]
fn the_end_is_where_the_group_goes_on_once_all_in_front_of_it_is_done() {
    let next = |assignment: &Assignment, partition| {
        assignment.uncommitted().get(&("t".to_owned(), partition)).copied()
    };
    let mut assignment = Assignment::default();
    assignment.hold("t", 0, None);
    assignment.hold("t", 1, None);
    assignment.done("t", 0, 11);
    assignment.reached_end("t", 0, 12);
    assignment.reached_end("t", 1, 0);
    assert_eq!(next(&assignment, 0), Some(11), "not said yet");
    assert_eq!(assignment.pass_ends().len(), 2);
    assert_eq!(assignment.pass_ends().len(), 0, "once");
    assert_eq!(next(&assignment, 0), Some(12));
    assert_eq!(next(&assignment, 1), Some(0), "of an empty partition too");
    assert!(assignment.owes(), "a message was done with");
    let committed = assignment.uncommitted();
    assignment.committed(&committed);
    assert_eq!(assignment.uncommitted().len(), 0);
    assignment.moved("t", 0);
    assignment.reached_end("t", 0, 14);
    assert_eq!(assignment.pass_ends().len(), 1);
    assert!(!assignment.owes() && next(&assignment, 0) == Some(14));
}

#[test]
fn an_end_that_a_message_came_after_is_not_passed() {
    let mut assignment = Assignment::default();
    assignment.hold("t", 0, None);
    assignment.done("t", 0, 11);
    assignment.reached_end("t", 0, 12);
    assignment.moved("t", 0);
    assert_eq!(assignment.pass_ends().len(), 0);
}

#[test]
fn a_partition_that_was_let_go_is_remembered() {
    let mut assignment = Assignment::default();
    assignment.hold("t", 0, None);
    assignment.let_go("t", 0);
    assert!(assignment.is_empty());
    assert!(assignment.was_held("t", 0));
    assert_eq!(assignment.unknown_to_group("t", 0), None);
}

#[test]
fn what_the_group_does_not_know_is_remembered_until_others_have_it() {
    let mut assignment = Assignment::default();
    assignment.hold("t", 0, None);
    assignment.done("t", 0, 7);
    assignment.let_go("t", 0);
    assert_eq!(assignment.unknown_to_group("t", 0), Some(7));
    assert!(assignment.left_uncommitted());
    assignment.hold("t", 0, Some(7));
    assert!(!assignment.left_uncommitted());
    assert_eq!(assignment.uncommitted().len(), 1, "it can be committed now");
    assignment.let_go("t", 0);
    assignment.forget_past_offsets();
    assert!(!assignment.left_uncommitted());
    assert!(assignment.was_held("t", 0));
}
