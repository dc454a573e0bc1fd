//! The colours of a page, derived from two branding colours so that every text on it stays readable.

use std::fmt;

use crate::model::organization::is_color;

/// Vestibule's own colour: pages without an organization, and organizations without branding.
pub(super) const DEFAULT_PRIMARY: &str = "#2552cc";

/// The card that holds the content, in the light and in the dark scheme.
const LIGHT_SURFACE: Color = Color([0xff, 0xff, 0xff]);
const DARK_SURFACE: Color = Color([0x18, 0x1b, 0x21]);
/// What lies behind the card before the organization's colour tints it.
const LIGHT_PAGE: Color = Color([0xf5, 0xf6, 0xf8]);
const DARK_PAGE: Color = Color([0x0d, 0x0f, 0x13]);
/// Quiet text on a bright and on a dark page, before it is moved to be readable.
const MUTED: Color = Color([0x5a, 0x62, 0x70]);
const MUTED_ON_DARK: Color = Color([0xa3, 0xab, 0xb9]);
const WHITE: Color = Color([0xff, 0xff, 0xff]);
const BLACK: Color = Color([0, 0, 0]);

/// The contrast that text needs (WCAG 2.2, 1.4.3).
const TEXT: f64 = 4.5;
/// The contrast that the edge of a control needs (WCAG 2.2, 1.4.11).
const EDGE: f64 = 3.0;

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Color([u8; 3]);

impl Color {
    /// Reads `#rgb` or `#rrggbb`; nothing else, so that what is written into a stylesheet is ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if !is_color(text) {
            return None;
        }
        let value = u32::from_str_radix(&text[1..], 16).ok()?;
        let digit = |place: u32| (value >> (4 * place) & 0xf) as u8;
        Some(match text.len() {
            4 => Self([digit(2) * 17, digit(1) * 17, digit(0) * 17]),
            7 => Self([digit(5) * 16 + digit(4), digit(3) * 16 + digit(2), digit(1) * 16 + digit(0)]),
            _ => return None,
        })
    }

    /// The contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio").
    pub(super) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Relative luminance, from 0 to 1 (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = self.0.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    /// This colour with `percent` of `other` mixed in.
    fn mix(self, other: Self, percent: u32) -> Self {
        let channel = |i: usize| {
            let sum = u32::from(self.0[i]) * (100 - percent) + u32::from(other.0[i]) * percent;
            ((sum + 50) / 100) as u8
        };
        Self([channel(0), channel(1), channel(2)])
    }

    /// Black or white, whichever is told apart from this colour more easily: at least 4.58 to 1 always.
    fn opposite(self) -> Self {
        if self.contrast(WHITE) >= self.contrast(BLACK) { WHITE } else { BLACK }
    }

    /// Text on this colour: white wherever it is readable, as people expect of a button.
    fn text_on(self) -> Self {
        if self.contrast(WHITE) >= TEXT { WHITE } else { BLACK }
    }

    /// The nearest colour to this one that has the contrast `ratio` (at most 4.5) against `surface`.
    fn readable_on(self, surface: Self, ratio: f64) -> Self {
        let end = surface.opposite();
        (0..=100)
            .step_by(4)
            .map(|percent| self.mix(end, percent))
            .find(|color| color.contrast(surface) >= ratio)
            .unwrap_or(end)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

/// The stylesheet that sets a page's colours as custom properties, for the light and the dark scheme.
pub(super) fn stylesheet(primary: Color, background: Option<Color>) -> String {
    let light_page = background.unwrap_or(LIGHT_PAGE.mix(primary, 5));
    // A bright background has no place at night; one that is dark already stays.
    let dark_page = background.filter(|color| color.contrast(WHITE) >= 12.0).unwrap_or(DARK_PAGE.mix(primary, 5));
    format!(
        ":root{{{}}}\n@media (prefers-color-scheme:dark){{:root{{{}}}}}\n",
        properties(primary, LIGHT_SURFACE, light_page),
        // A colour that drowns in the dark card is lifted until its shape can be seen.
        properties(primary.readable_on(DARK_SURFACE, EDGE), DARK_SURFACE, dark_page),
    )
}

/// The colours of a button where there is no stylesheet of ours, such as in a mail: the button, its text, and the
/// button in the dark scheme with its text.
pub struct ButtonColors {
    pub brand: String,
    pub on_brand: String,
    pub dark_brand: String,
    pub on_dark_brand: String,
}

/// `primary` is a branding colour; one that is none is the default.
pub fn button_colors(primary: Option<&str>) -> ButtonColors {
    let default = Color([0x25, 0x52, 0xcc]);
    let brand = primary.and_then(Color::parse).unwrap_or(default);
    let dark = brand.readable_on(DARK_SURFACE, EDGE);
    ButtonColors {
        brand: brand.to_string(),
        on_brand: brand.text_on().to_string(),
        dark_brand: dark.to_string(),
        on_dark_brand: dark.text_on().to_string(),
    }
}

/// One scheme's custom properties; `templates/assets/style.css` uses them.
fn properties(brand: Color, surface: Color, page: Color) -> String {
    let on_brand = brand.text_on();
    let hover = brand.mix(on_brand.opposite(), 14);
    let edge = brand.readable_on(surface, EDGE);
    let accent = brand.readable_on(surface, TEXT);
    let muted = if page.opposite() == WHITE { MUTED_ON_DARK } else { MUTED };
    let on_page = muted.readable_on(page, TEXT);
    let page_focus = brand.readable_on(page, EDGE);
    format!(
        "--brand:{brand};--brand-hover:{hover};--on-brand:{on_brand};--brand-edge:{edge};--accent:{accent};\
         --surface:{surface};--page:{page};--on-page:{on_page};--page-focus:{page_focus}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        Color::parse(text).expect("a colour")
    }

    /// The value of a custom property; the first block is the light scheme, the second the dark one.
    fn property(css: &str, scheme: usize, name: &str) -> Color {
        let block = css.split(":root{").nth(scheme + 1).expect("the scheme's block");
        let rest = block.split_once(&format!("{name}:")).expect("the property").1;
        color(&rest[..7])
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 1e-9);
        assert!((color("#777").contrast(WHITE) - 4.478).abs() < 0.001);
        assert_eq!(color("#abc"), color("#aabbcc"));
    }

    #[test]
    fn the_label_of_a_mails_button_is_readable() {
        for primary in [None, Some("#ffff00"), Some("#000"), Some("#777777"), Some("url(x)"), Some("#fff;}")] {
            let colors = button_colors(primary);
            assert!(color(&colors.on_brand).contrast(color(&colors.brand)) >= TEXT, "{primary:?}");
            assert!(color(&colors.on_dark_brand).contrast(color(&colors.dark_brand)) >= TEXT, "{primary:?}");
        }
        assert_eq!(button_colors(Some("no colour")).brand, DEFAULT_PRIMARY);
    }

    #[test]
    fn only_hexadecimal_colours_are_read() {
        for bad in ["", "#", "red", "#12", "#12345", "#1234567", "#ggg", "aabbcc", "#fff;}", "#ff f", "#ｆff", "url(x)"]
        {
            assert_eq!(Color::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_text_is_readable_whatever_the_branding() {
        const LEVELS: [u8; 7] = [0, 0x33, 0x66, 0x77, 0x99, 0xcc, 0xff];
        let level = |index: usize| LEVELS[index % 7];
        for primary in (0..7 * 7 * 7).map(|index| Color([level(index / 49), level(index / 7), level(index)])) {
            for background in [None, Some(WHITE), Some(BLACK), Some(color("#808080")), Some(primary)] {
                let css = stylesheet(primary, background);
                for scheme in [0, 1] {
                    let of = |name| property(&css, scheme, name);
                    assert!(of("--on-brand").contrast(of("--brand")) >= TEXT, "{css}");
                    assert!(of("--on-brand").contrast(of("--brand-hover")) >= TEXT, "{css}");
                    assert!(of("--accent").contrast(of("--surface")) >= TEXT, "{css}");
                    assert!(of("--brand-edge").contrast(of("--surface")) >= EDGE, "{css}");
                    assert!(of("--on-page").contrast(of("--page")) >= TEXT, "{css}");
                    assert!(of("--page-focus").contrast(of("--page")) >= EDGE, "{css}");
                }
            }
        }
    }
}
