//! Rules about Rust sources, read as tokens: words in comments and strings do not count.

use anyhow::{Result, anyhow};
use proc_macro2::{TokenStream, TokenTree};

use super::arrows::WEB_CRATES;

/// Says so when a crate root does not begin with `no_std` for every target.
pub(super) fn without_no_std(content: &str, path: &str) -> Option<String> {
    let has = content.lines().any(|line| line.trim() == "#![no_std]");
    (!has).then(|| format!("{path}: a core crate has to say `#![no_std]`"))
}

/// Floating point in the simulator would not be the same on every machine: times and ratios are integers there.
///
/// # Errors
/// When the file is no Rust.
pub(super) fn floats(path: &str, content: &str) -> Result<Vec<String>> {
    find(
        path,
        content,
        is_float,
        "the simulator has no floating point",
    )
}

/// Components render and dispatch: what they want of the browser itself they ask of `src/effects`.
///
/// # Errors
/// When the file is no Rust.
pub(super) fn web_crates(path: &str, content: &str) -> Result<Vec<String>> {
    // Components are written with Yew, which has events of its own.
    let is_web = |word: &str| word != "yew" && WEB_CRATES.contains(&&*word.replace('_', "-"));
    find(
        path,
        content,
        is_web,
        "only src/effects touches the browser",
    )
}

fn find(
    path: &str,
    content: &str,
    is_wrong: impl Fn(&str) -> bool,
    why: &str,
) -> Result<Vec<String>> {
    let tokens: TokenStream = content
        .parse()
        .map_err(|error| anyhow!("{path}: cannot be read as Rust: {error}"))?;
    let mut problems = Vec::new();
    walk(tokens, &mut |word, line| {
        if is_wrong(word) {
            problems.push(format!("{path}:{line}: `{word}`: {why}"));
        }
    });
    Ok(problems)
}

fn walk(tokens: TokenStream, visit: &mut impl FnMut(&str, usize)) {
    for token in tokens {
        let line = token.span().start().line;
        match token {
            TokenTree::Group(group) => walk(group.stream(), visit),
            TokenTree::Ident(word) => visit(&word.to_string(), line),
            TokenTree::Literal(literal) => visit(&literal.to_string(), line),
            TokenTree::Punct(_) => {}
        }
    }
}

fn is_float(word: &str) -> bool {
    if word == "f32" || word == "f64" {
        return true;
    }
    let number = word.starts_with(|first: char| first.is_ascii_digit());
    let decimal =
        number && !word.starts_with("0x") && !word.starts_with("0b") && !word.starts_with("0o");
    // `1e3` is a float, `1usize` is not.
    let exponent = word.split_once(['e', 'E']).is_some_and(|(digits, _)| {
        digits
            .chars()
            .all(|digit| digit.is_ascii_digit() || digit == '.' || digit == '_')
    });
    decimal && (word.contains('.') || word.ends_with("f32") || word.ends_with("f64") || exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_std_has_to_hold_for_every_target() {
        assert_eq!(without_no_std("//! Docs.\n#![no_std]\n", "lib.rs"), None);
        assert!(without_no_std("#![cfg_attr(not(test), no_std)]", "lib.rs").is_some());
        assert!(without_no_std("// #![no_std]", "lib.rs").is_some());
    }

    #[test]
    fn the_browser_is_found_in_components() {
        let source = "use yew::prelude::*;\nuse web_sys::Element;\n// gloo\nfn f() { \"gloo\" }";
        assert_eq!(
            web_crates("bar.rs", source).unwrap(),
            ["bar.rs:2: `web_sys`: only src/effects touches the browser"]
        );
    }

    #[test]
    fn floats_are_found_where_they_are() {
        for (source, word) in [
            ("fn f(x: f64) {}", "f64"),
            ("mod a { const X: [u8; 1] = [1 as f32 as u8]; }", "f32"),
            ("const X: Y = 1.5;", "1.5"),
            ("const X: Y = 1e3;", "1e3"),
            ("const X: Y = 2f64;", "2f64"),
        ] {
            let expected = format!("a.rs:2: `{word}`: the simulator has no floating point");
            assert_eq!(floats("a.rs", &format!("\n{source}")).unwrap(), [expected]);
        }
    }

    #[test]
    fn what_only_looks_like_a_float_is_not() {
        let source = r#"
            // f64 and 1.5 in a comment
            /// and in f32 documentation
            fn f() { let _ = ("f64 1.5", 0xe3, 0x1f32, 1usize, 1_000u64, (1, 2).0, 0..5, b'e', 1.max(2)); }
        "#;
        assert_eq!(floats("a.rs", source).unwrap(), Vec::<String>::new());
    }
}
