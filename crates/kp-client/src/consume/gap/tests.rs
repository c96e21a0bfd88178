use super::*;

const PLACE: (&str, i32) = ("orders", 3);

#[test]
fn what_lies_below_the_kept_range_is_gone_for_certain() {
    let gap = Gap::new(PLACE, 2, (5, 10), None);
    assert_eq!((gap.to, gap.gone()), (5, 3));
    assert_eq!(
        gap.to_string(),
        "orders [3]: reading goes on at offset 5, not at 2: 3 messages are gone (offsets 2 to 4), removed by retention or by \
         a request to delete records"
    );
}

#[test]
fn past_the_end_reading_starts_over_whatever_came_since() {
    for end in [5, 200] {
        let gap = Gap::new(PLACE, 100, (0, end), None);
        assert_eq!((gap.to, gap.gone()), (0, 0), "{end}");
        assert!(gap.to_string().contains("not at 100"), "{gap}");
        assert!(gap.to_string().contains("made again"), "{gap}");
    }
}

#[test]
fn where_the_log_was_cut_off_reading_goes_on_there() {
    let text = "Partition log truncation detected at offset 12 (leader epoch 3): broker end offset is 10 (offset leader epoch \
                2). Reset to INVALID.: Local: Log truncation";
    let cut_off = Some(10);
    assert_eq!(Stopped::told_by(text), Stopped::At { from: 12, cut_off });
    let gap = Gap::new(PLACE, 12, (0, 30), cut_off);
    assert_eq!((gap.to, gap.gone()), (10, 0));
    assert!(gap.to_string().contains("from 10 to 11 is gone"), "{gap}");
    assert_eq!(Gap::new(PLACE, 12, (11, 30), cut_off).to, 11);
    let other = "no previously committed offset available: Local: No offset stored";
    assert_eq!(Stopped::told_by(other), Stopped::NothingCommitted);
}

#[test]
fn an_offset_that_was_named_is_missed_on_either_side_only() {
    let asked = |wanted| Gap::asked_for(PLACE, wanted, (5, 10));
    assert_eq!(asked(5), None);
    assert_eq!(asked(10), None);
    assert_eq!(asked(0).map(|gap| (gap.to, gap.gone())), Some((5, 5)));
    assert_eq!(asked(11).map(|gap| (gap.to, gap.gone())), Some((10, 0)));
}

#[test]
fn many_gaps_are_told_in_a_few_lines_with_all_that_is_gone() {
    let gaps: Vec<Gap> =
        (0..100).map(|partition| Gap::new(("t", partition), 0, (2, 10), None)).collect();
    let lines = lines(&gaps);
    assert_eq!(lines.len(), TOLD + 1);
    assert_eq!(lines[TOLD], "likewise in 95 more partitions: 190 messages are gone for certain");
}

#[test]
fn a_gap_is_found_once_its_bounds_are_known_and_counted_once() {
    let mut gaps = Gaps::default();
    gaps.stop("t", 0, Stopped::At { from: 2, cut_off: None });
    gaps.stop("t", 1, Stopped::NothingCommitted);
    assert_eq!(gaps.unknown(), [("t".to_owned(), 0)]);
    gaps.bounds("t", 0, (5, 10));
    gaps.bounds("t", 1, (0, 0));
    assert!(gaps.unknown().is_empty() && gaps.any_found());
    assert_eq!(gaps.take_found().len(), 1);
    assert_eq!(gaps.take_fresh(), [("t".to_owned(), 1)]);
    assert!(!gaps.any_open() && !gaps.any_found());
    assert_eq!(gaps.summary().unwrap(), "1 gap, in which 3 messages are gone for certain");
}

#[test]
fn an_offset_of_the_old_topic_is_no_gap_in_the_new_one() {
    let mut gaps = Gaps::default();
    gaps.stop("t", 0, Stopped::MadeAgain);
    gaps.stop("t", 0, Stopped::At { from: 5, cut_off: None });
    gaps.bounds("t", 0, (0, 3));
    let found = gaps.take_found();
    assert_eq!(found.len(), 1);
    assert!(lines(&found).is_empty(), "the topic as a whole was told of");
}

#[test]
fn going_back_in_a_stopped_partition_widens_the_gap() {
    let mut gaps = Gaps::default();
    assert!(!gaps.go_back("t", 0, 1));
    gaps.stop("t", 0, Stopped::At { from: 5, cut_off: None });
    gaps.bounds("t", 0, (8, 10));
    assert!(gaps.go_back("t", 0, 1));
    assert!(!gaps.any_found());
    gaps.bounds("t", 0, (8, 10));
    assert_eq!(gaps.take_found()[0].gone(), 7);
}

#[test]
fn what_is_told_late_was_passed_already() {
    let mut gaps = Gaps::default();
    let at = |from| Stopped::At { from, cut_off: None };
    gaps.stop("t", 0, at(2));
    gaps.bounds("t", 0, (5, 10));
    gaps.stop("t", 1, Stopped::MadeAgain);
    gaps.bounds("t", 1, (0, 3));
    let found = gaps.take_found();
    assert!(lines(&found[1..]).is_empty(), "it was told of the topic");
    assert!(gaps.is_passed("t", 0, 2) && !gaps.is_passed("t", 0, 5));
    assert!(gaps.is_passed("t", 1, 100) && !gaps.is_passed("t", 1, 0));
    gaps.forget("t", 1);
    assert!(!gaps.is_passed("t", 1, 100));
}
