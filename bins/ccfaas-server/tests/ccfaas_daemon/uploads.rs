//! Large files over a real connection.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use tokio::io::AsyncReadExt as _;
use veracruz_client::rest::CcfaasClient;
use veracruz_policy::Sha256Digest;

use crate::home::{DATA, Home, User, client, function};

/// Just below the published limit.
const LARGE: usize = 299_999_999;

/// The most memory that the service may take for it, in MiB: a fraction of the file.
const BOUND_MIB: u64 = 48;

async fn registered(operator: &CcfaasClient, data: &[u8]) {
    operator.create_function(function("large", data).to_string()).await.unwrap();
}

#[tokio::test]
async fn a_file_of_300_mb_passes_through_in_pieces_both_ways() {
    let home = Home::new(22_800, 1);
    let vaas = home.vaas("127.0.0.1:0").await;
    let ccfaas = home.ccfaas(&vaas.url()).await;
    let operator = client(&ccfaas);
    registered(&operator, &vec![0; LARGE]).await;
    let content = tokio::io::repeat(0).take(LARGE as u64);
    operator.upload_data_file("large", DATA, LARGE as u64, content).await.unwrap();
    let uploaded = ccfaas.peak_mib();
    assert!(uploaded <= BOUND_MIB, "{uploaded} MiB to upload");
    operator.create_instance(User::new().policy("large", "one")).await.unwrap();
    let loaded = ccfaas.peak_mib();
    assert!(loaded <= BOUND_MIB, "{loaded} MiB to load");
}

#[tokio::test]
async fn who_sends_too_much_or_twice_still_gets_the_answer() {
    let home = Home::new(22_900, 1);
    let ccfaas = home.ccfaas("http://127.0.0.1:9").await;
    let operator = client(&ccfaas);
    let data = vec![7; 20_000_000];
    registered(&operator, &data).await;
    // A program of 20 MB is too large; the sender has it all in the pipe before it listens.
    for (kind, name, code) in [
        ("program", crate::home::PROGRAM, "file-too-large"),
        ("data_file", DATA, ""),
        ("data_file", DATA, "file-exists"),
        ("data_file", "/other", "file-not-declared"),
    ] {
        let mut stream = TcpStream::connect(ccfaas.address).unwrap();
        let path = format!("/function/large/{kind}/{}", veracruz_rest::encode_segment(name));
        let head = "host: localhost\r\nconnection: close\r\ncontent-type: application/json";
        write!(stream, "POST {path} HTTP/1.1\r\n{head}\r\ncontent-length: {}\r\n\r\n", data.len()).unwrap();
        stream.write_all(&data).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = if code.is_empty() {
            "200"
        } else if code == "file-not-declared" {
            "404"
        } else {
            "400"
        };
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(code), "{answer}");
    }
    assert_eq!(home.contents(), 1);
}

#[tokio::test]
async fn a_connection_that_is_cut_in_the_middle_leaves_the_name_free() {
    let home = Home::new(22_950, 1);
    let mut ccfaas = home.ccfaas("http://127.0.0.1:9").await;
    let operator = client(&ccfaas);
    registered(&operator, b"table").await;
    let path = format!("/function/large/data_file/{}", veracruz_rest::encode_segment(DATA));
    for encoding in ["content-length: 5\r\n\r\ntab", "transfer-encoding: chunked\r\n\r\n3\r\ntab\r\n"] {
        let mut stream = TcpStream::connect(ccfaas.address).unwrap();
        write!(stream, "POST {path} HTTP/1.1\r\nhost: localhost\r\n{encoding}").unwrap();
        while home.contents() == 0 {
            tokio::task::yield_now().await;
        }
        drop(stream);
        while home.contents() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(!operator.data_file_is_loaded("large", DATA).await.unwrap());
    }
    operator.upload_data_file("large", DATA, 5, &b"table"[..]).await.unwrap();
    assert_eq!(Sha256Digest::of(b"table").to_string(), file_hash(&home));
    ccfaas.logged("data_file loaded").await;
}

fn file_hash(home: &Home) -> String {
    let contents = std::fs::read_dir(home.path("ccfaas-server-state/contents")).unwrap();
    let paths: Vec<_> = contents.map(|entry| entry.unwrap().path()).collect();
    Sha256Digest::of(&std::fs::read(&paths[0]).unwrap()).to_string()
}
