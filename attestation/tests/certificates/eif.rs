//! Images are measured as the platform measures them, and nothing that is not one passes for one.

use proptest::prelude::*;
use sha2::{Digest as _, Sha384};
use veracruz_attestation::Pcr;
use veracruz_attestation::measure::{Architecture, Eif, EifError, MAX_SECTIONS, MAX_SIGNATURE_BYTES, SectionKind};

const KERNEL: u16 = 1;
const CMDLINE: u16 = 2;
const RAMDISK: u16 = 3;
const SIGNATURE: u16 = 4;
const METADATA: u16 = 5;

#[test]
fn registers_are_those_of_the_definition() {
    let image = signed_image().build();
    let measured = Eif::parse(&image).unwrap().measure().unwrap();
    assert_eq!(measured.pcr0, Pcr::of_content(b"kernelcmdlineramdisk1ramdisk2ramdisk3"));
    assert_eq!(measured.pcr1, Pcr::of_content(b"kernelcmdlineramdisk1"));
    assert_eq!(measured.pcr2, Pcr::of_content(b"ramdisk2ramdisk3"));
    assert_eq!(measured.pcr8, Some(Pcr::of_content(b"a certificate")));
    let set = measured.measurements().unwrap();
    assert_eq!(set.iter().map(|(index, _)| index).collect::<Vec<_>>(), [0, 1, 2, 8]);
}

#[test]
fn an_image_with_one_ramdisk_has_a_measurement_of_nothing_as_pcr2() {
    let image = image().build();
    let measured = Eif::parse(&image).unwrap().measure().unwrap();
    let nothing = Sha384::new()
        .chain_update([0; 48])
        .chain_update(Sha384::digest(b""))
        .finalize();
    assert_eq!(measured.pcr2.as_bytes()[..], nothing[..]);
    assert_eq!(measured.pcr0, measured.pcr1);
    assert_eq!(measured.pcr8, None);
}

#[test]
fn metadata_and_place_of_the_signature_change_no_register() {
    let plain = image().build();
    let mut with_metadata = image();
    with_metadata.sections.insert(2, (METADATA, b"{}".to_vec()));
    let with_metadata = with_metadata.build();
    let measure = |image: &[u8]| Eif::parse(image).unwrap().measure().unwrap();
    assert_eq!(measure(&plain), measure(&with_metadata));
}

#[test]
fn an_image_is_described() {
    for version in 2..=4 {
        let mut image = signed_image();
        image.version = version;
        image.flags = 1;
        let image = image.build();
        let eif = Eif::parse(&image).unwrap();
        assert_eq!(eif.version(), version);
        assert_eq!(eif.architecture(), Architecture::Arm64);
        assert_eq!(eif.sections().len(), 6);
        assert_eq!(eif.sections()[0].kind, SectionKind::Kernel);
        assert_eq!(eif.sections()[0].content, b"kernel");
    }
}

#[test]
fn each_fault_of_an_image_has_its_own_code() {
    type Change = fn(&mut Image);
    let faults: &[(&str, &str, Change)] = &[
        ("eif-magic", "another magic", |i| i.magic = *b".elf"),
        ("eif-version", "version 1", |i| i.version = 1),
        ("eif-version", "version 5", |i| i.version = 5),
        ("eif-too-many-sections", "33 announced", |i| {
            i.announced = Some(MAX_SECTIONS as u16 + 1)
        }),
        ("eif-truncated", "one announced too many", |i| i.announced = Some(7)),
        ("eif-trailing-bytes", "one announced too few", |i| i.announced = Some(5)),
        ("eif-trailing-bytes", "a byte more", |i| i.tail = vec![0]),
        ("eif-trailing-bytes", "none announced", |i| i.announced = Some(0)),
        ("eif-section-kind", "kind 0", |i| i.sections[3].0 = 0),
        ("eif-section-kind", "kind 6", |i| i.sections[3].0 = 6),
        ("eif-tables", "offset", |i| i.table_error = Some((2, 1, 0))),
        ("eif-tables", "size", |i| i.table_error = Some((2, 0, 1))),
        ("eif-tables", "offset of the signature", |i| {
            i.table_error = Some((5, 1, 0))
        }),
        ("eif-section-order", "no kernel", |i| i.sections[0].0 = METADATA),
        ("eif-section-order", "two kernels", |i| i.sections[2].0 = KERNEL),
        ("eif-section-order", "command line first", |i| i.sections.swap(0, 1)),
        ("eif-section-order", "ramdisk before the command line", |i| {
            i.sections.swap(1, 2)
        }),
        ("eif-section-order", "no ramdisk", |i| i.sections.truncate(2)),
        ("eif-section-order", "command line at the end", |i| {
            i.sections.push((CMDLINE, vec![]))
        }),
        ("eif-section-repeated", "two signatures", |i| {
            i.sections.push((SIGNATURE, vec![]))
        }),
        ("eif-section-repeated", "two metadata", |i| {
            i.sections.extend([(METADATA, vec![]), (METADATA, vec![])])
        }),
        ("eif-checksum", "another checksum", |i| i.crc_error = 1),
    ];
    for (code, what, change) in faults {
        let mut image = signed_image();
        change(&mut image);
        let error = Eif::parse(&image.build()).expect_err(what);
        assert_eq!(error.code(), *code, "{what}: {error}");
    }
}

#[test]
fn a_stale_size_of_the_signature_in_the_table_is_forgiven_as_tools_of_aws_leave_it() {
    let mut image = signed_image();
    image.table_error = Some((5, 0, 1));
    Eif::parse(&image.build()).unwrap();
}

#[test]
fn each_fault_of_a_signature_section_is_found_when_it_is_measured() {
    let pem = PEM.as_bytes();
    let good = signature(pem);
    let cases = [
        ("empty", Vec::new()),
        ("no array", good[1..].to_vec()),
        ("empty array", vec![0x80]),
        ("two signatures", [&[0x82], &good[1..], &good[1..]].concat()),
        ("trailing byte", [good.as_slice(), &[0]].concat()),
        ("cut", good[..good.len() - 1].to_vec()),
        ("no PEM", signature(b"a certificate")),
        ("no UTF-8", signature(&[0xff; 40])),
        ("PEM that is cut", signature(&pem[..pem.len() - 10])),
        (
            "a number past 255",
            [&good[..1], &good[1..22], &[0x81, 0x19, 0x01, 0x00]].concat(),
        ),
        (
            "an announced length past the end",
            [&good[..22], &[0x9b, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]].concat(),
        ),
        ("too large", vec![0x80; MAX_SIGNATURE_BYTES + 1]),
    ];
    for (what, section) in cases {
        let mut image = image();
        image.sections.push((SIGNATURE, section));
        let image = image.build();
        let error = Eif::parse(&image).unwrap().measure().expect_err(what);
        assert!(matches!(error, EifError::Signature(_)), "{what}");
    }
}

#[test]
fn the_signature_section_of_the_tools_of_aws_is_read() {
    // The form of version 0.8.1 of aws-nitro-enclaves-image-format, which writes each byte as a number.
    let numbers = |bytes: &[u8]| -> Vec<u8> {
        let head = vec![0x98, u8::try_from(bytes.len()).unwrap()];
        let body = bytes
            .iter()
            .flat_map(|byte| if *byte < 24 { vec![*byte] } else { vec![0x18, *byte] });
        head.into_iter().chain(body).collect()
    };
    let section = [
        &[0x81, 0xa2, 0x73],
        &b"signing_certificate"[..],
        &numbers(PEM.as_bytes()),
        &[0x69],
        b"signature",
        &numbers(&[0xd2; 30]),
    ]
    .concat();
    let mut image = image();
    image.sections.push((SIGNATURE, section));
    let image = image.build();
    assert_eq!(
        Eif::parse(&image).unwrap().measure().unwrap().pcr8,
        Some(Pcr::of_content(b"a certificate"))
    );
}

#[test]
fn every_truncation_and_every_bit_flip_of_an_image_is_refused() {
    let mut image = signed_image().build();
    for length in 0..image.len() {
        assert!(Eif::parse(&image[..length]).is_err(), "{length} bytes");
    }
    for bit in 0..image.len() * 8 {
        image[bit / 8] ^= 1 << (bit % 8);
        assert!(Eif::parse(&image).is_err(), "bit {bit}");
        image[bit / 8] ^= 1 << (bit % 8);
    }
    Eif::parse(&image).unwrap();
}

proptest! {
    #[test]
    fn any_sections_are_measured_or_refused(sections in prop::collection::vec((0..7_u16, any::<Vec<u8>>()), 0..34)) {
        let image = Image { sections, ..image() };
        let image = image.build();
        if let Ok(eif) = Eif::parse(&image) {
            let _ = eif.measure();
        }
    }
}

const PEM: &str = "-----BEGIN CERTIFICATE-----\nYSBjZXJ0aWZpY2F0ZQ==\n-----END CERTIFICATE-----\n";

/// An image in the making, with room for lies.
struct Image {
    magic: [u8; 4],
    version: u16,
    flags: u16,
    sections: Vec<(u16, Vec<u8>)>,
    announced: Option<u16>,
    /// Section, and by how much its offset and size in the table are wrong.
    table_error: Option<(usize, u64, u64)>,
    tail: Vec<u8>,
    crc_error: u32,
}

fn image() -> Image {
    Image {
        magic: *b".eif",
        version: 4,
        flags: 0,
        sections: vec![
            (KERNEL, b"kernel".to_vec()),
            (CMDLINE, b"cmdline".to_vec()),
            (RAMDISK, b"ramdisk1".to_vec()),
        ],
        announced: None,
        table_error: None,
        tail: Vec::new(),
        crc_error: 0,
    }
}

fn signed_image() -> Image {
    let mut image = image();
    image.sections.push((RAMDISK, b"ramdisk2".to_vec()));
    image.sections.push((RAMDISK, b"ramdisk3".to_vec()));
    image.sections.push((SIGNATURE, signature(PEM.as_bytes())));
    image
}

/// A signature section with byte strings.
fn signature(certificate: &[u8]) -> Vec<u8> {
    let bytes = |bytes: &[u8]| [&[0x58, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let fields: [&[u8]; 6] = [
        &[0x81, 0xa2, 0x73],
        b"signing_certificate",
        &bytes(certificate),
        &[0x69],
        b"signature",
        &bytes(&[0xd2; 30]),
    ];
    fields.concat()
}

impl Image {
    fn build(&self) -> Vec<u8> {
        let (mut offsets, mut sizes, mut body) = ([0_u64; MAX_SECTIONS], [0_u64; MAX_SECTIONS], Vec::new());
        for (number, (kind, content)) in self.sections.iter().enumerate() {
            let (offset_error, size_error) = match self.table_error {
                Some((section, offset, size)) if section == number => (offset, size),
                _ => (0, 0),
            };
            if number < MAX_SECTIONS {
                offsets[number] = 548 + body.len() as u64 + offset_error;
                sizes[number] = content.len() as u64 + size_error;
            }
            body.extend(kind.to_be_bytes());
            body.extend([0, 0]);
            body.extend((content.len() as u64).to_be_bytes());
            body.extend(content);
        }
        body.extend(&self.tail);
        let count = self.announced.unwrap_or(self.sections.len() as u16);
        let mut image = self.magic.to_vec();
        image.extend([self.version, self.flags].map(u16::to_be_bytes).concat());
        image.extend([1_u64 << 30, 2].map(u64::to_be_bytes).concat());
        image.extend([0, count].map(u16::to_be_bytes).concat());
        image.extend(offsets.map(u64::to_be_bytes).concat());
        image.extend(sizes.map(u64::to_be_bytes).concat());
        image.extend([0; 4]);
        let crc = crc32([image.as_slice(), &body].concat()) ^ self.crc_error;
        image.extend(crc.to_be_bytes());
        assert_eq!(image.len(), 548);
        image.extend(body);
        image
    }
}

/// CRC-32 of IEEE 802.3, bit by bit, so that the test shares nothing with what it tests.
fn crc32(bytes: Vec<u8>) -> u32 {
    !bytes.into_iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}
