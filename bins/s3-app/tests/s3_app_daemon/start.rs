//! Command line, and what a start refuses.

use crate::process::{Daemon, run_to_end};

#[tokio::test]
async fn help_teaches() {
    let (code, text) = run_to_end(&["--help"]).await;
    assert_eq!(code, 0);
    for part in [
        "127.0.0.1:5020",
        "--s3-endpoint",
        "--no-machine-credentials",
        "--instance-hosts",
        "--allow-simulated",
        "S3_APP_STALL_TIMEOUT",
        "--token-file",
        "respond-async",
        "Exit codes",
    ] {
        // Long lines are wrapped.
        assert!(text.replace("\n  ", " ").contains(part), "{part} is missing in: {text}");
    }
}

#[tokio::test]
async fn wrong_use_ends_with_2_and_every_problem() {
    for (arguments, parts) in [
        (vec!["--no-such-flag"], vec!["--no-such-flag"]),
        (vec!["--max-jobs", "0"], vec!["--max-jobs"]),
        (vec!["--listen", "0.0.0.0:0"], vec!["--insecure-no-auth"]),
        (
            vec!["--s3-endpoint", "s3.example.com", "--s3-region", "a b", "--trust", "missing.toml"],
            vec!["`s3-endpoint`", "`s3-region`", "`trust`"],
        ),
        (vec!["--instance-hosts", "a.example,b.example:3014"], vec!["`instance-hosts`"]),
        // A request that ends before its copy may.
        (vec!["--copy-timeout", "172800", "--request-timeout", "86400"], vec!["`request-timeout`", "172920"]),
        (vec!["--request-timeout", "60"], vec!["`request-timeout`", "copy-timeout"]),
        (vec!["--s3-endpoint", "https://user:secret@s3.example.com"], vec!["`s3-endpoint`"]),
    ] {
        let (code, text) = run_to_end(&arguments).await;
        assert_eq!(code, 2, "{arguments:?}: {text}");
        for part in parts {
            assert!(text.contains(part), "{arguments:?}: {part} is missing in: {text}");
        }
        assert!(!text.contains("secret@"), "{text}");
    }
}

#[tokio::test]
async fn a_start_warns_of_what_protects_nobody() {
    let flags = ["--s3-endpoint", "http://s3.example.com", "--allow-simulated", "--no-machine-credentials"];
    let daemon = Daemon::start(&flags, &[]).await;
    assert_eq!(daemon.get("/readyz").await.status, 200);
    assert_eq!(daemon.get("/openapi.json").await.json()["info"]["title"], "S3 app");
    let (code, log) = daemon.stop().await;
    assert_eq!(code, 0, "{log}");
    assert_eq!(log.matches("INSECURE").count(), 2, "{log}");
}
