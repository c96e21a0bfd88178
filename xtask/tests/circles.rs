//! No circle between the files of a crate.
//!
//! A file uses another where one of its `use` declarations or paths leads to an item of that file.
//! A name that a third file re-exports leads to the file that it comes from. `mod` and `pub use`
//! themselves are no use, so a parent may re-export items of its children. But a child that uses an
//! item of its parent, while the parent uses the child, is a circle. What both need belongs in a
//! file of its own. Tests within a file do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The names from the crate's root to a file or to something in it; the root itself has none.
type Names = Vec<String>;

/// A file of a crate.
#[derive(Default)]
struct Module {
    /// What is used, as it is written.
    used: Vec<Names>,
    /// What is re-exported, by the name that it has here.
    handed_on: BTreeMap<String, Names>,
}

/// The files of a crate.
struct Crate(BTreeMap<Names, Module>);

impl Crate {
    fn read(sources: &Path) -> Self {
        let mut texts = BTreeMap::new();
        collect(sources, &Vec::new(), &mut texts);
        let names: BTreeSet<Names> = texts.keys().cloned().collect();
        let module = |(name, text): (Names, String)| {
            let module = Module::read(&text, |child| {
                names.contains(&[&name[..], std::slice::from_ref(child)].concat())
            });
            (name, module)
        };
        Self(texts.into_iter().map(module).collect())
    }

    /// A path from the crate's root, unless it leads to another crate.
    fn absolute(&self, from: &Names, path: &[String]) -> Option<Names> {
        let up = path.iter().take_while(|name| *name == "super").count();
        let (start, rest) = match path.first()?.as_str() {
            "crate" => (&from[..0], &path[1..]),
            "self" => (&from[..], &path[1..]),
            "super" => (&from[..from.len().checked_sub(up)?], &path[up..]),
            first => {
                let child = [&from[..], &[first.to_owned()]].concat();
                (self.0.contains_key(&child).then_some(&from[..])?, path)
            }
        };
        Some([start, rest].concat())
    }

    /// The file of the item that a path leads to.
    fn file_of(&self, path: &Names) -> Option<Names> {
        let length = (0..=path.len()).rev().find(|length| self.0.contains_key(&path[..*length]))?;
        let (file, rest) = path.split_at(length);
        let handed_on = rest.first().and_then(|name| self.0[file].handed_on.get(name));
        if let Some(origin) = handed_on.and_then(|path| self.absolute(&file.to_vec(), path)) {
            return self.file_of(&[&origin[..], &rest[1..]].concat());
        }
        Some(file.to_vec())
    }

    fn uses(&self, file: &Names) -> BTreeSet<Names> {
        let paths = self.0[file].used.iter().filter_map(|path| self.absolute(file, path));
        paths.filter_map(|path| self.file_of(&path)).filter(|used| used != file).collect()
    }

    /// All files that a file uses, directly or through others.
    fn reach(&self, file: &Names) -> BTreeSet<Names> {
        let mut reached = BTreeSet::new();
        let mut left = vec![file.clone()];
        while let Some(next) = left.pop() {
            left.extend(self.uses(&next).into_iter().filter(|used| reached.insert(used.clone())));
        }
        reached
    }

    /// The circles, each as its files in the order of names.
    fn circles(&self) -> BTreeSet<Vec<String>> {
        let reached: BTreeMap<_, _> = self.0.keys().map(|file| (file, self.reach(file))).collect();
        let circle = |file: &Names| -> Vec<String> {
            let others = reached[file].iter().filter(|other| reached[other].contains(file));
            others.map(|other| other.join("::")).collect()
        };
        self.0.keys().map(circle).filter(|circle| !circle.is_empty()).collect()
    }
}

impl Module {
    fn read(code: &str, is_child: impl Fn(&String) -> bool) -> Self {
        let mut module = Self::default();
        for statement in code.split(';') {
            // As rustfmt writes it: only its visibility stands before it in the line.
            let visibility =
                |at: usize| statement[..at].rsplit('\n').next().unwrap_or_default().trim();
            let declaration = statement
                .match_indices("use ")
                .find(|(at, _)| visibility(*at).is_empty() || visibility(*at).starts_with("pub"));
            let Some((at, keyword)) = declaration else {
                module.paths(statement, &is_child);
                continue;
            };
            module.paths(&statement[..at], &is_child);
            for path in paths_in(&statement[at + keyword.len()..]) {
                match path.last() {
                    Some(name) if !visibility(at).is_empty() => {
                        module.handed_on.insert(name.clone(), path);
                    }
                    _ => module.used.push(path),
                }
            }
        }
        module
    }

    /// The paths that stand in code.
    fn paths(&mut self, code: &str, is_child: impl Fn(&String) -> bool) {
        let words = code.split(|letter: char| !letter.is_alphanumeric() && !"_:".contains(letter));
        let paths = words.filter(|word| word.contains("::"));
        let paths = paths.map(|path| path.split("::").map(str::to_owned).collect::<Names>());
        self.used.extend(paths.filter(|path| {
            ["crate", "self", "super"].contains(&path[0].as_str()) || is_child(&path[0])
        }));
    }
}

/// The texts of all files below a folder, without comments, texts and tests.
fn collect(folder: &Path, name: &Names, texts: &mut BTreeMap<Names, String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let own = [&name[..], std::slice::from_ref(&stem)].concat();
        if path.is_dir() {
            collect(&path, &own, texts);
        } else {
            let text = fs::read_to_string(&path).expect("a source");
            let is_root = name.is_empty() && ["lib", "main"].contains(&stem.as_str());
            let code = if is_root { Vec::new() } else { own };
            texts.entry(code).or_default().push_str(&code_of(&text));
        }
    }
}

fn code_of(text: &str) -> String {
    let mut code = String::new();
    let tests = ["mod tests", "pub(super) mod tests"].map(|start| format!("#[cfg(test)]\n{start}"));
    let end = tests.iter().filter_map(|start| text.find(start)).min();
    let mut rest = &text[..end.unwrap_or(text.len())];
    while let Some(at) = rest.find(['"', '\'', '/']) {
        code.push_str(&rest[..at]);
        rest = &rest[at..];
        let quote = ["'\"'", "'\\\"'"].into_iter().find(|letter| rest.starts_with(letter));
        let length = if rest.starts_with("//") {
            rest.find('\n')
        } else if rest.starts_with('"') {
            length_of_text(&code, rest)
        } else {
            Some(quote.map_or(1, str::len))
        };
        rest = &rest[length.unwrap_or(rest.len())..];
    }
    code + rest
}

/// The length of a text in quotes, raw or not by what stands before it.
fn length_of_text(before: &str, text: &str) -> Option<usize> {
    let name = before.trim_end_matches('#');
    if name.ends_with('r') {
        let end = format!("\"{}", &before[name.len()..]);
        return text[1..].find(&end).map(|length| length + 1 + end.len());
    }
    let mut is_escaped = false;
    let ends = |letter| {
        let ends = letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        ends
    };
    text[1..].find(ends).map(|length| length + 2)
}

/// The paths of a `use` declaration: `a::{b, c::{self, d}}`.
fn paths_in(tree: &str) -> Vec<Names> {
    let Some((start, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").map(|name| name.trim().to_owned()).collect()];
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let mut depth = 0;
    let parts = inner.split(|letter| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        letter == ',' && depth == 0
    });
    let start: Names = start
        .split("::")
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    parts
        .filter(|part| !part.trim().is_empty())
        .flat_map(paths_in)
        .map(|path| {
            let path = if path == ["self"] { Vec::new() } else { path };
            [&start[..], &path[..]].concat()
        })
        .collect()
}

#[test]
fn no_file_uses_one_that_uses_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let crates = fs::read_dir(root.join("crates")).expect("the folder of crates");
    let mut folders: Vec<_> = crates.map(|entry| entry.expect("an entry").path()).collect();
    folders.push(root.join("xtask"));
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let circles = Crate::read(&folder.join("src")).circles();
        let circles: Vec<_> = circles.iter().map(|circle| circle.join(", ")).collect();
        assert!(circles.is_empty(), "{name}: these files use each other: {}", circles.join("; "));
    }
}

#[test]
fn a_circle_is_seen_through_what_is_only_handed_on() {
    let module = |text: &str, children: &[&str]| {
        Module::read(&code_of(text), |name| children.contains(&name.as_str()))
    };
    let names =
        |path: &str| path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let of = |files: [(&str, Module); 3]| {
        Crate(files.into_iter().map(|(path, module)| (names(path), module)).collect())
    };
    let circle = of([
        ("", module("mod a;\nmod b;\npub use b::{B, C as D};", &["a", "b"])),
        ("a", module("use std::fmt;\nuse crate::{B, x};\npub struct A(B);", &[])),
        ("b", module("pub struct B;\nfn a(a: &super::a::A) {}", &[])),
    ]);
    assert_eq!(circle.circles(), BTreeSet::from([vec!["a".to_owned(), "b".to_owned()]]));
    let shown = of([
        ("", module("mod a;\npub use a::A;", &["a"])),
        (
            "a",
            module(
                r##"// crate::b
mod b;
let x = (b::f, "super::A \"", r#"super::"A"#, '"', f);"##,
                &["b"],
            ),
        ),
        ("a::b", module("fn f() {}\n#[cfg(test)]\nmod tests {\n use crate::a::A;\n}", &[])),
    ]);
    assert!(shown.circles().is_empty());
}
