//! The man pages, as man shows them.

use kp_e2e::{Call, Program};
use tempfile::TempDir;

#[test]
fn man_shows_every_page_without_a_warning() {
    let folder = TempDir::new().unwrap();
    for program in Program::ALL {
        Call::new(program)
            .args(["--generate-man".as_ref(), folder.path().as_os_str()])
            .run()
            .exits(0);
    }
    for entry in folder.path().read_dir().unwrap() {
        let page = entry.unwrap().path();
        let shown = kp_process::Call::new("man")
            .args(["--warnings".as_ref(), "-l".as_ref(), page.as_os_str()])
            .env("MANWIDTH", "80")
            .start()
            .unwrap()
            .finish()
            .exits(0)
            .unwrap();
        assert!(shown.stderr.is_empty(), "{}: {}", page.display(), shown.stderr);
        assert!(shown.text().contains("EXIT STATUS"), "{}", shown.text());
    }
}
