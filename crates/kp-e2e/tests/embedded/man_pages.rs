//! The man pages that each program writes.

use std::collections::BTreeSet;
use std::fs;

use kp_e2e::{Call, Program, commands, help};
use tempfile::TempDir;

#[test]
fn there_is_a_page_for_each_command_with_all_that_its_help_has() {
    let folder = TempDir::new().unwrap();
    let pages = folder.path().join("share/man1");
    let mut expected = BTreeSet::new();
    for program in Program::ALL {
        let written = Call::new(program).args(["--generate-man".as_ref(), pages.as_os_str()]);
        assert!(written.run().exits(0).is_quiet().stdout.is_empty());
        for way in commands(program) {
            let name = [&[program.name().to_owned()], &way[..]].concat();
            let page = fs::read_to_string(pages.join(format!("{}.1", name.join("-")))).unwrap();
            // A name with a dash has it escaped.
            let page = page.replace(r"\-", "-");
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "\"EXIT STATUS\""] {
                assert!(page.contains(&format!(".SH {section}\n")), "{name:?}: {section}\n{page}");
            }
            let help = help(program, &way);
            let has_examples = help.contains("\nExamples:\n");
            assert!(has_examples || !help.contains("--yes"), "{name:?} changes something");
            assert_eq!(page.contains(".SH EXAMPLES\n"), has_examples, "{name:?}");
            let has_settings = program != Program::Broker;
            assert_eq!(page.contains(".SH ENVIRONMENT\n"), has_settings, "{name:?}");
            for words in ["KP_PROFILE", "~/.config/kp/config.toml"] {
                let is_there = page.contains(&format!("\\fB{words}\\fR"));
                assert_eq!(is_there, has_settings, "{name:?}: {words}\n{page}");
            }
            assert!(!page.contains("--generate"), "{name:?}");
            expected.insert(format!("{}.1", name.join("-")));
        }
    }
    let written = pages.read_dir().unwrap();
    let written = written.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(written.collect::<BTreeSet<_>>(), expected);
    assert!(expected.len() > 35, "{expected:?}");
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_that_names_it() {
    let call = Call::new(Program::Broker).file("taken", "");
    call.args(["--generate-man", "taken/man"]).run().exits(1).says(&["taken/man", "man pages"]);
}
