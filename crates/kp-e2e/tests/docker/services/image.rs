//! An image from what is at hand: the programs, and the libraries of this machine that they load.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use kp_e2e::{Build, Program, random_name};
use kp_process::Call;
use tempfile::TempDir;

use super::{docker, root, run};

/// The image of the project's Dockerfile; it goes when this goes.
pub(crate) struct Image {
    name: String,
    base: String,
}

impl Image {
    /// Tests that run at the same time share it.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Image>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(image) = shared.upgrade() {
            return image;
        }
        let image = Arc::new(Self::build());
        *shared = Arc::downgrade(&image);
        image
    }

    /// Builds one, under a name that no other run has.
    fn build() -> Self {
        let image = Self { name: random_name("kp-image"), base: random_name("kp-base") };
        let context = TempDir::new().unwrap();
        let programs = context.path().join("bin");
        fs::create_dir(&programs).unwrap();
        let mut libraries = BTreeSet::new();
        for program in Program::ALL {
            let built = program.path(Build::Plain);
            libraries.extend(libraries_of(&built));
            // Without what a debugger wants, it is a tenth of the size.
            let small = programs.join(program.name());
            let strip = Call::new("strip").args(["-o".as_ref(), small.as_path(), &built]);
            run(strip).exits(0).unwrap();
        }
        // The names are links, behind which the files are.
        let pack = Call::new("tar").args(["-chf", "-"]).args(&libraries);
        let base = run(pack).exits(0).unwrap().stdout;
        run(Call::new("docker").args(["import", "-", &image.base]).stdin(base)).exits(0).unwrap();
        let file = root().join("Dockerfile");
        let base = format!("BASE_IMAGE={}", image.base);
        let build = ["build", "--quiet", "--target", "of-programs", "--build-arg", &base];
        let context = context.path().display().to_string();
        let file = file.display().to_string();
        docker(&[&build[..], &["-f", &file, "-t", &image.name, &context]].concat())
            .exits(0)
            .unwrap();
        image
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// What the dynamic linker loads for a program, and the linker itself.
fn libraries_of(program: &Path) -> Vec<String> {
    let said = run(Call::new("ldd").args([program])).exits(0).unwrap().text();
    // `libc.so.6 => /lib/libc.so.6 (0x7f...)`, and `/lib64/ld-linux.so.2 (0x7f...)`
    let paths = said.split_whitespace().filter(|word| word.starts_with('/'));
    paths.map(str::to_owned).collect()
}

impl Drop for Image {
    fn drop(&mut self) {
        for name in [&self.name, &self.base] {
            let _ = Call::new("docker").args(["rmi", "-f", name]).start().map(|mut it| it.finish());
        }
    }
}
