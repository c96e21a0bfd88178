//! Flags that have no meaning together: each is refused, none is passed over.

use kp_cli::Stop;
use kp_client::consume::Membership;
use kp_core::Format;
use kp_settings::{Decode, Delivery, OnBadMessage, Settings, StartAt};

use crate::cli::Call;

const ON_BAD_MESSAGE: &str = "consumer.on_bad_message";
const NAME_A_GROUP: &str = "name one with --group";

/// Looks for the first contradiction. What goes with copying is looked at in `copy.rs`.
///
/// # Errors
/// It, naming both sides.
pub(crate) fn check(
    settings: &Settings,
    call: &Call,
    membership: Membership,
    format: &Format,
) -> Result<(), Stop> {
    let consumer = &settings.consumer;
    let is_alone = membership == Membership::Alone;
    let copies = consumer.copy_to.is_some();
    let never_bad = !format.needs_json() && consumer.on_bad_message != OnBadMessage::Show;
    let is_value_by = |key: &str| settings.is_typed(key) && settings.is_default("consumer.format");
    let no_bad_value =
        "not together with --on-bad-message: it means --format value, in which no message is bad";
    let decodes = decodes(settings);
    let table = [
        (
            "consumer.delimiter",
            never_bad && settings.is_typed(ON_BAD_MESSAGE) && is_value_by("consumer.delimiter"),
            no_bad_value.to_owned(),
        ),
        (
            "consumer.print_null",
            never_bad && settings.is_typed(ON_BAD_MESSAGE) && is_value_by("consumer.print_null"),
            no_bad_value.to_owned(),
        ),
        (
            "consumer.group_id",
            call.no_group && settings.is_typed("consumer.group_id"),
            "not together with --no-group, which joins none".to_owned(),
        ),
        (
            "consumer.delivery",
            is_alone && consumer.delivery == Delivery::AtMostOnce,
            format!(
                "commits before it prints, and without a group nothing is committed; {NAME_A_GROUP}"
            ),
        ),
        (
            "consumer.from",
            is_alone && consumer.from == StartAt::Stored && settings.is_typed("consumer.from"),
            format!(
                "goes on where a group stands, and no group reads; {NAME_A_GROUP}, or use --from earliest"
            ),
        ),
        (
            "consumer.partition",
            !is_alone && consumer.partition.is_some(),
            "not in a group, whose members share the partitions; read without one by --no-group"
                .to_owned(),
        ),
        (
            "consumer.until",
            call.follow && consumer.until.is_some(),
            "not together with --follow, which goes on after any end".to_owned(),
        ),
        (
            "consumer.idle_exit",
            call.follow && call.until_end,
            "not together with --until-end, which ends where --follow goes on".to_owned(),
        ),
        (
            "consumer.idle_exit",
            consumer.until.is_some()
                && consumer.idle_exit.is_some()
                && settings.is_typed("consumer.idle_exit"),
            "not together with --until, which ends earlier".to_owned(),
        ),
        (
            "consumer.idle_exit",
            call.until_end
                && consumer.idle_exit.is_some()
                && settings.is_typed("consumer.idle_exit"),
            "not together with --until-end, which ends earlier".to_owned(),
        ),
        (
            "consumer.format",
            copies && settings.is_typed("consumer.format"),
            "not together with --copy-to, which prints nothing".to_owned(),
        ),
        (
            "consumer.delimiter",
            copies && settings.is_typed("consumer.delimiter"),
            "not together with --copy-to, which prints nothing".to_owned(),
        ),
        (
            "consumer.print_null",
            copies && settings.is_typed("consumer.print_null"),
            "not together with --copy-to, which prints nothing".to_owned(),
        ),
        (
            "consumer.decode",
            copies && decodes,
            "not together with --copy-to, which copies any bytes as they are".to_owned(),
        ),
        (
            "consumer.on_bad_message",
            copies && settings.is_typed("consumer.on_bad_message"),
            "not together with --copy-to, which copies any bytes as they are".to_owned(),
        ),
        (
            "consumer.delivery",
            copies && settings.is_typed("consumer.delivery"),
            "not together with --copy-to, which copies exactly once".to_owned(),
        ),
        ("consumer.decode", decodes && !format.decodes(), decodes_nothing(format)),
        (
            "consumer.on_bad_message",
            never_bad && settings.is_typed("consumer.on_bad_message"),
            format!(
                "the format {format} shows any bytes, so that no message is bad; use it with --format line or seed"
            ),
        ),
    ];
    match table.into_iter().find(|(_, is_wrong, _)| *is_wrong) {
        None => Ok(()),
        Some((key, _, why)) => Err(Stop::wrong(settings, key, why)),
    }
}

/// Whether `--decode json` was typed.
pub(crate) fn decodes(settings: &Settings) -> bool {
    settings.consumer.decode == Decode::Json && settings.is_typed("consumer.decode")
}

/// Why `--decode json` has no meaning beside this format.
pub(crate) fn decodes_nothing(format: &Format) -> String {
    format!("the format {format} shows a value in its own way; use it with --format json (-J)")
}
