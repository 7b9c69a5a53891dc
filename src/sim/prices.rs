//! Prices on demand and on the spot market: invented, but plausible, and the same for the same seed.
//!
//! A spot price changes once in a stretch of some hours, at a moment of its own, as EC2's do since prices are no
//! longer bids. Nothing is kept: a price is computed from seed, type, zone and time. No dice of the world are touched.

use jiff::Timestamp;

use super::account::mix;

/// What the only product that is sold here is called: so in answers, and so as well in questions.
pub(super) const PRODUCT: &str = "Linux/UNIX";
pub(super) const PRODUCT_NAMES: [&str; 2] = [PRODUCT, "Linux/UNIX (Amazon VPC)"];

/// One change of a spot price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) at: Timestamp,
    /// In a ten-thousandth of a dollar an hour.
    pub(super) price: u64,
}

/// The market of one world.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prices {
    seed: u64,
}

/// The length of the stretches, in seconds.
const STRETCH: i64 = 4 * 3600;

/// The types whose prices are listed when nobody asks for one by name.
pub(super) const COMMON_TYPES: [&str; 12] = [
    "t3.micro",
    "t3.medium",
    "m5.large",
    "m5.xlarge",
    "m6i.large",
    "c5.large",
    "c6i.xlarge",
    "r5.large",
    "g4dn.xlarge",
    "g5.xlarge",
    "p3.2xlarge",
    "m7g.large",
];

impl Prices {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The price of a type in a zone that is in effect at this time.
    pub(super) fn at(self, instance_type: &str, zone: &str, time: Timestamp) -> Change {
        let stretch = time.as_second().div_euclid(STRETCH);
        let now = self.change(instance_type, zone, stretch);
        if now.at <= time { now } else { self.change(instance_type, zone, stretch - 1) }
    }

    /// The price in effect at `from`, and every change after it until `to`, oldest first.
    pub(super) fn history(self, instance_type: &str, zone: &str, from: Timestamp, to: Timestamp) -> Vec<Change> {
        let first = self.at(instance_type, zone, from);
        let stretches = from.as_second().div_euclid(STRETCH)..=to.as_second().div_euclid(STRETCH);
        let changes = stretches.map(|stretch| self.change(instance_type, zone, stretch));
        std::iter::once(first).chain(changes.filter(|change| change.at > from && change.at <= to)).collect()
    }

    /// When the price changes next.
    pub(super) fn next_change(self, instance_type: &str, zone: &str, time: Timestamp) -> Timestamp {
        let stretch = time.as_second().div_euclid(STRETCH);
        let now = self.change(instance_type, zone, stretch).at;
        if now > time { now } else { self.change(instance_type, zone, stretch + 1).at }
    }

    fn change(self, instance_type: &str, zone: &str, stretch: i64) -> Change {
        let seed = self.seed;
        let begin = stretch.saturating_mul(STRETCH);
        let moment = mix(&format!("{seed} moment {instance_type} {zone} {stretch}")) % STRETCH.unsigned_abs();
        let at = begin.saturating_add_unsigned(moment);
        // A level for the zone, a slow tide of some days, and a ripple: between a quarter and two thirds on demand.
        let part = |what: &str| mix(&format!("{seed} {what} {instance_type} {zone}")) % 150;
        let tide = (stretch + i64::try_from(part("tide")).unwrap_or_default()).rem_euclid(40).abs_diff(20) * 10;
        let ripple = mix(&format!("{seed} ripple {instance_type} {zone} {stretch}")) % 50;
        let per_mille = 250 + part("level") + tide + ripple;
        let price = (on_demand(instance_type) * per_mille / 1000).max(1);
        Change { at: Timestamp::from_second(at).unwrap_or(Timestamp::MAX), price }
    }
}

/// What a type costs on demand, in a ten-thousandth of a dollar an hour.
pub(super) fn on_demand(instance_type: &str) -> u64 {
    let (family, size) = instance_type.split_once('.').unwrap_or((instance_type, "large"));
    // Graphics and machine learning cost ten to sixty times as much.
    let unit = match family.chars().next() {
        Some('g') => 1300 + mix(family) % 1300,
        Some('p') => 7600,
        Some('t') => 208,
        _ => 400 + mix(family) % 200,
    };
    // In eighths of a large one.
    let eighths = match size {
        "nano" => 1,
        "micro" => 2,
        "small" => 4,
        "medium" => 6,
        "large" => 8,
        "xlarge" => 16,
        "metal" => 768,
        other => 16 * other.strip_suffix("xlarge").and_then(|times| times.parse().ok()).unwrap_or(1),
    };
    (2 * unit * eighths / 8).max(1)
}

/// A price as EC2 writes it: dollars an hour, with six digits.
pub(super) fn dollars(price: u64) -> String {
    format!("{}.{:04}00", price / 10_000, price % 10_000)
}

/// An offer as EC2 shows it, with six digits; as it was given when it is none.
pub(super) fn shown(offer: &str) -> String {
    offer.parse::<f64>().map_or_else(|_| offer.to_owned(), |offer| format!("{offer:.6}"))
}

/// Reads dollars an hour, in a ten-thousandth of a dollar; none when it is no price.
pub(super) fn read_dollars(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|price| price.is_finite() && *price >= 0.0).map(|price| price * 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hours: i64) -> Timestamp {
        Timestamp::from_second(1_770_000_000 + hours * 3600).unwrap()
    }

    #[test]
    fn prices_move_stay_below_the_price_on_demand_and_follow_from_the_seed() {
        let (prices, other) = (Prices::new(1), Prices::new(2));
        let history = prices.history("g5.xlarge", "us-east-1a", hour(0), hour(24 * 30));
        assert!((180..=182).contains(&history.len()), "{}", history.len());
        assert!(history.iter().all(|change| change.price < on_demand("g5.xlarge") && change.price > 0));
        assert!(history.windows(2).all(|pair| pair[0].at < pair[1].at));
        assert_eq!(history, prices.history("g5.xlarge", "us-east-1a", hour(0), hour(24 * 30)));
        assert_ne!(history, other.history("g5.xlarge", "us-east-1a", hour(0), hour(24 * 30)));
        assert_ne!(history, prices.history("g5.xlarge", "us-east-1b", hour(0), hour(24 * 30)));
    }

    #[test]
    fn the_price_in_effect_is_the_last_change_before() {
        let prices = Prices::new(7);
        for time in (0..100).map(hour) {
            let now = prices.at("m5.large", "us-east-1a", time);
            let next = prices.next_change("m5.large", "us-east-1a", time);
            assert!(now.at <= time && time < next);
            assert_eq!(prices.at("m5.large", "us-east-1a", next).at, next);
        }
    }

    #[test]
    fn prices_are_written_and_read_in_dollars() {
        assert_eq!((dollars(10_060), shown("1.006")), ("1.006000".to_owned(), "1.006000".to_owned()));
        assert!((read_dollars("1.006").unwrap() - 10_060.0).abs() < 0.001);
        assert_eq!((read_dollars("cheap"), read_dollars("-1"), read_dollars("NaN")), (None, None, None));
    }
}
