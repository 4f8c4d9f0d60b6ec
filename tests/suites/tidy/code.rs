//! Rules about the tokens of a Rust file, so that words in texts and comments do not count.

use std::str::FromStr as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::tree::Source;

/// The only files that may say `unsafe`.
const UNSAFE: &[(&str, &str)] = &[
    ("attestation/src/attester/device/ioctl.rs", "the system call to the Nitro device"),
    ("examples/guests/video-object-detection/h264/src/ffi.rs", "the calls to OpenH264, which is C++"),
    ("examples/guests/video-object-detection/src/clock.rs", "the clock of WASI, where a policy may hide it"),
];

/// Crates that take time, files and network as parameters, and the words that would show otherwise.
const PURE: &[(&str, &[&str])] = &[
    (
        "veracruz-policy/src/",
        &["SystemTime", "Instant", "now_utc", "now_local", "fs", "TcpStream", "UdpSocket", "ToSocketAddrs", "tokio"],
    ),
    ("attestation/src/", &["SystemTime", "Instant", "now_utc", "now_local", "TcpStream", "UdpSocket", "tokio"]),
];

/// A token's text and its line.
struct Token {
    text: String,
    line: usize,
}

/// The file's tokens with groups opened, comments gone and every literal reduced to its quotes or digits.
fn tokens(source: &Source) -> Vec<Token> {
    let mut into = Vec::new();
    match TokenStream::from_str(&source.text) {
        Ok(stream) if source.is_rust() => flatten(stream, &mut into),
        _ => {} // rustc reports what is no Rust
    }
    into
}

fn flatten(stream: TokenStream, into: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                into.push(Token { text: open.to_owned(), line });
                flatten(group.stream(), into);
                into.push(Token { text: close.to_owned(), line: group.span_close().start().line });
            }
            TokenTree::Literal(_) => into.push(Token { text: "literal".to_owned(), line }),
            other => into.push(Token { text: other.to_string(), line }),
        }
    }
}

/// The lines at which `pattern` (tokens apart by spaces) occurs.
fn lines_with(tokens: &[Token], pattern: &str) -> Vec<usize> {
    let pattern: Vec<_> = pattern.split(' ').collect();
    let windows = tokens.windows(pattern.len());
    let hits = windows.filter(|window| window.iter().map(|t| t.text.as_str()).eq(pattern.iter().copied()));
    hits.filter_map(|window| window.first()).map(|token| token.line).collect()
}

/// One message for each occurrence of one of `patterns`.
fn report(tokens: &[Token], patterns: &[&str], advice: &str) -> Vec<String> {
    let hits = patterns.iter().flat_map(|pattern| lines_with(tokens, pattern).into_iter().map(move |l| (l, pattern)));
    hits.map(|(line, pattern)| format!("line {line}: `{}`: {advice}", pattern.replace(' ', ""))).collect()
}

/// The tokens before the first `#[cfg(test)]`, and those from there on.
fn production_and_test(source: &Source) -> (Vec<Token>, Vec<Token>) {
    let mut production = tokens(source);
    if source.is_test() {
        return (vec![], production);
    }
    let start = production.windows(4).position(|w| w.iter().map(|t| t.text.as_str()).eq(["[", "cfg", "(", "test"]));
    let test = production.split_off(start.unwrap_or(production.len()));
    (production, test)
}

pub(crate) fn lib_has_no_functions(source: &Source) -> Vec<String> {
    if source.name() == "lib.rs" {
        return report(&tokens(source), &["fn"], "lib.rs has docs and exports; give the code a module");
    }
    vec![]
}

pub(crate) fn unsafe_is_contained(source: &Source) -> Vec<String> {
    let lines = lines_with(&tokens(source), "unsafe");
    if !UNSAFE.iter().any(|(path, _)| source.path == *path) {
        return lines
            .iter()
            .map(|line| format!("line {line}: no room for unsafe; UNSAFE lists those that are"))
            .collect();
    }
    let without = lines.into_iter().filter(|line| !has_safety_comment(&source.text, *line));
    without.map(|line| format!("line {line}: say in a `// SAFETY:` comment above why this is sound")).collect()
}

/// Whether the comment that ends right above `line` (counted from 1) has a line that starts with `// SAFETY:`.
fn has_safety_comment(text: &str, line: usize) -> bool {
    let above: Vec<_> = text.lines().take(line.saturating_sub(1)).map(str::trim).collect();
    above.iter().rev().take_while(|l| l.starts_with("//")).any(|l| l.starts_with("// SAFETY:"))
}

pub(crate) fn no_unfinished_code(source: &Source) -> Vec<String> {
    report(&tokens(source), &["todo !", "unimplemented !", "[ ignore"], "finish it, or write an issue")
}

pub(crate) fn no_allow_attribute(source: &Source) -> Vec<String> {
    report(&tokens(source), &["[ allow (", ", allow ("], "use `expect` with a reason: it says when it is outdated")
}

pub(crate) fn no_misspelt_feature(source: &Source) -> Vec<String> {
    report(&tokens(source), &["( features =", ", features ="], "write `feature`; this is never true")
}

pub(crate) fn no_sleep_in_tests(source: &Source) -> Vec<String> {
    let (production, test) = production_and_test(source);
    let mut found = report(&test, &["sleep (", ": sleep"], "wait for an event instead");
    found.extend(report(&production, &["thread : : sleep"], "wait for an event instead"));
    found
}

pub(crate) fn no_statics(source: &Source) -> Vec<String> {
    let (production, _) = production_and_test(source);
    let starts = production.windows(2).filter(|w| w.iter().map(|t| t.text.as_str()).nth(1) == Some("static"));
    let items = starts.filter(|w| w.first().is_some_and(|t| t.text != "'")); // `'static` is a lifetime
    items.flat_map(|w| w.last()).map(|t| format!("line {}: pass the value in instead of a static", t.line)).collect()
}

pub(crate) fn pure_crates_stay_pure(source: &Source) -> Vec<String> {
    let Some((_, words)) = PURE.iter().find(|(folder, _)| source.path.starts_with(folder)) else {
        return vec![];
    };
    let (production, _) = production_and_test(source);
    report(&production, words, "this crate takes time, files and connections as parameters")
}

/// A rule, a file it judges, and how many violations it must find there.
#[cfg(test)]
type Example = (fn(&Source) -> Vec<String>, &'static str, &'static str, usize);

#[cfg(test)]
const EXAMPLES: &[Example] = &[
    (lib_has_no_functions, "a/src/lib.rs", "fn f() {}", 1),
    (lib_has_no_functions, "a/src/lib.rs", "//! A fn in docs.\nmod b;", 0),
    (lib_has_no_functions, "a/src/b.rs", "fn f() {}", 0),
    (unsafe_is_contained, "a/src/b.rs", "// SAFETY: none.\nunsafe { f() }", 1),
    (unsafe_is_contained, "a/src/b.rs", "#![deny(unsafe_code)] // unsafe\nlet s = \"unsafe\";", 0),
    (unsafe_is_contained, UNSAFE[0].0, "f();\nunsafe { f() }", 1),
    (unsafe_is_contained, UNSAFE[0].0, "// SAFETY: the buffer outlives\n// the call.\nunsafe { f() }", 0),
    (unsafe_is_contained, UNSAFE[0].0, "// SAFETY: elsewhere.\nf();\nunsafe { f() }", 1),
    (no_unfinished_code, "a/src/b.rs", "fn f() { todo!() }", 1),
    (no_unfinished_code, "a/src/b.rs", "fn f() { unimplemented!(\"later\") }", 1),
    (no_unfinished_code, "a/tests/b.rs", "#[test]\n#[ignore]\nfn f() {}", 1),
    (no_unfinished_code, "a/src/b.rs", "fn todo() { let ignore = [1]; }", 0),
    (no_allow_attribute, "a/src/b.rs", "#[allow(dead_code)]\nfn f() {}", 1),
    (no_allow_attribute, "a/src/b.rs", "#![allow(dead_code)]", 1),
    (no_allow_attribute, "a/src/b.rs", "#[cfg_attr(test, allow(dead_code))]\nfn f() {}", 1),
    (no_allow_attribute, "a/src/b.rs", "#[expect(dead_code, reason = \"r\")]\nfn f() {}", 0),
    (no_misspelt_feature, "a/src/b.rs", "#[cfg(features = \"x\")]\nfn f() {}", 1),
    (no_misspelt_feature, "a/src/b.rs", "#[cfg(all(unix, features = \"x\"))]\nfn f() {}", 1),
    (no_misspelt_feature, "a/src/b.rs", "#[cfg(feature = \"x\")]\nfn f() {}", 0),
    (no_sleep_in_tests, "a/tests/b.rs", "fn f() { std::thread::sleep(d); }", 2),
    (no_sleep_in_tests, "a/tests/b.rs", "async fn f() { sleep(d).await }", 1),
    (no_sleep_in_tests, "a/src/b.rs", "#[cfg(test)]\nmod tests { fn f() { sleep(d) } }", 1),
    (no_sleep_in_tests, "a/src/b.rs", "async fn f() { tokio::time::sleep(d).await }", 0),
    (no_statics, "a/src/b.rs", "pub static A: u8 = 0;", 1),
    (no_statics, "a/src/b.rs", "const A: &'static str = \"static\";", 0),
    (pure_crates_stay_pure, "attestation/src/b.rs", "fn f() { OffsetDateTime::now_utc(); }", 1),
    (pure_crates_stay_pure, "veracruz-policy/src/b.rs", "use std::fs;", 1),
    (pure_crates_stay_pure, "attestation/src/b.rs", "#[cfg(test)]\nmod tests { use std::time::Instant; }", 0),
    (pure_crates_stay_pure, "bins/serve/src/b.rs", "use std::time::Instant;", 0),
];

#[test]
fn each_rule_finds_its_bad_example_and_passes_the_good_one() {
    for (rule, path, text, violations) in EXAMPLES {
        let found = rule(&Source::new(path, text));
        assert_eq!(found.len(), *violations, "{path}: {text}\n{found:?}");
    }
}
