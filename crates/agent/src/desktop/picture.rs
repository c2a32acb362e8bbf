//! The tray's pictures, drawn by `icons/draw.py`.

use offhook_protocol::status::State;

/// Width and height of the pictures, in the order in which the files hold them.
#[cfg(not(target_os = "macos"))]
const SIZES: &[usize] = &[16, 22, 24, 32, 48];
#[cfg(target_os = "macos")]
const SIZES: &[usize] = &[48];

/// A square picture: `size` pixels wide, rows of red, green, blue, opacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    pub size: usize,
    pub rgba: &'static [u8],
}

/// macOS colours the pictures of its menu bar itself, so they have no colour there.
#[cfg(target_os = "macos")]
macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../../../icons/tray/", $name, "-mono.rgba")).as_slice()
    };
}
#[cfg(not(target_os = "macos"))]
macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../../../icons/tray/", $name, ".rgba")).as_slice()
    };
}

/// The picture of a state in every size, smallest first.
pub fn pictures(state: State, attention: bool) -> Vec<Picture> {
    let mut rest = file(state, attention);
    let mut pictures = Vec::with_capacity(SIZES.len());
    for &size in SIZES {
        let Some((rgba, after)) = rest.split_at_checked(size * size * 4) else {
            break;
        };
        pictures.push(Picture { size, rgba });
        rest = after;
    }
    pictures
}

fn file(state: State, attention: bool) -> &'static [u8] {
    match (state, attention) {
        (State::SignedOut, false) => file!("signed-out"),
        (State::SignedOut, true) => file!("signed-out-attention"),
        (State::Paused, false) => file!("paused"),
        (State::Paused, true) => file!("paused-attention"),
        (State::InCall, false) => file!("in-call"),
        (State::InCall, true) => file!("in-call-attention"),
        (State::DoNotDisturb, false) => file!("do-not-disturb"),
        (State::DoNotDisturb, true) => file!("do-not-disturb-attention"),
        (State::Forwarded, false) => file!("forwarded"),
        (State::Forwarded, true) => file!("forwarded-attention"),
        (State::Busy, false) => file!("busy"),
        (State::Busy, true) => file!("busy-attention"),
        (State::Away, false) => file!("away"),
        (State::Away, true) => file!("away-attention"),
        (State::Free, false) => file!("free"),
        (State::Free, true) => file!("free-attention"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const STATES: [(State, &str); 8] = [
        (State::SignedOut, "signed-out"),
        (State::Paused, "paused"),
        (State::InCall, "in-call"),
        (State::DoNotDisturb, "do-not-disturb"),
        (State::Forwarded, "forwarded"),
        (State::Busy, "busy"),
        (State::Away, "away"),
        (State::Free, "free"),
    ];

    fn all() -> impl Iterator<Item = (State, String, bool)> {
        STATES.into_iter().flat_map(|(state, name)| {
            [
                (state, name.to_owned(), false),
                (state, format!("{name}-attention"), true),
            ]
        })
    }

    /// Red, green, blue, opacity of a PNG beside the drawings.
    fn png(name: &str, size: usize) -> Vec<u8> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../icons/tray");
        let file = std::fs::File::open(folder.join(format!("{name}-{size}.png"))).unwrap();
        let mut reader = png::Decoder::new(std::io::BufReader::new(file))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width as usize, info.height as usize), (size, size));
        assert_eq!(info.color_type, png::ColorType::Rgba);
        pixels
    }

    /// Which pixels are more than half covered: the shape without its colours.
    fn shape(rgba: &[u8]) -> Vec<bool> {
        rgba.chunks_exact(4).map(|pixel| pixel[3] > 127).collect()
    }

    #[test]
    #[cfg(not(target_os = "macos"))]
    fn what_is_embedded_is_what_was_drawn() {
        for (state, name, attention) in all() {
            let pictures = pictures(state, attention);
            assert_eq!(
                pictures.iter().map(|picture| picture.size).collect::<Vec<_>>(),
                SIZES
            );
            for picture in pictures {
                assert!(
                    picture.rgba == png(&name, picture.size),
                    "{name} {}: run icons/draw.py",
                    picture.size
                );
            }
        }
    }

    #[test]
    fn all_states_differ_by_shape_in_every_size_in_colour_and_without() {
        for size in [16, 22, 24, 32, 48, 64] {
            for suffix in ["", "-mono"] {
                let shapes: Vec<(String, Vec<bool>)> = all()
                    .map(|(_, name, _)| (name.clone(), shape(&png(&format!("{name}{suffix}"), size))))
                    .collect();
                for (at, (name, one)) in shapes.iter().enumerate() {
                    for (other_name, other) in &shapes[..at] {
                        let differing = one.iter().zip(other).filter(|(a, b)| a != b).count();
                        // Eight pixels of a picture of 16 by 16 are one stroke of a sign.
                        assert!(
                            differing * 32 >= size * size,
                            "{name} and {other_name} differ by {differing} pixels of {size}{suffix}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn pictures_for_a_template_have_no_colour() {
        for (_, name, _) in all() {
            let pixels = png(&format!("{name}-mono"), 48);
            assert!(
                pixels.chunks_exact(4).all(|pixel| pixel[..3] == [0, 0, 0]),
                "{name}"
            );
        }
    }
}
