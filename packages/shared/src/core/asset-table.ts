import { unknownAsset, type Asset, type AssetCategory } from "./asset.ts";
import { TIER_BY_DEFAULT, type Tier } from "./tier.ts";

/** Names by ticker. */
type Names = Readonly<Record<string, string>>;

const CRYPTO: Readonly<Record<1 | 2 | 3 | 4, Names>> = {
  1: {
    BTC: "Bitcoin",
    ETH: "Ethereum",
    USDT: "Tether",
    USDC: "USD Coin",
    XRP: "XRP",
    SOL: "Solana",
    ADA: "Cardano",
    DOGE: "Dogecoin",
    BNB: "BNB",
    TRX: "TRON",
  },
  2: {
    UNI: "Uniswap",
    AAVE: "Aave",
    LINK: "Chainlink",
    ALGO: "Algorand",
    ATOM: "Cosmos",
    MATIC: "Polygon (MATIC)",
    POL: "Polygon",
    DOT: "Polkadot",
    LTC: "Litecoin",
    BCH: "Bitcoin Cash",
    AVAX: "Avalanche",
    XLM: "Stellar",
    XMR: "Monero",
    ETC: "Ethereum Classic",
    FIL: "Filecoin",
    HBAR: "Hedera",
    ICP: "Internet Computer",
    NEAR: "NEAR Protocol",
    SHIB: "Shiba Inu",
    SUI: "Sui",
    TON: "Toncoin",
    APT: "Aptos",
    ARB: "Arbitrum",
    OP: "Optimism",
    INJ: "Injective",
    DAI: "Dai",
    VET: "VeChain",
    XTZ: "Tezos",
  },
  3: {
    BAT: "Basic Attention Token",
    ENJ: "Enjin Coin",
    GALA: "Gala",
    MANA: "Decentraland",
    SAND: "The Sandbox",
    AXS: "Axie Infinity",
    CHZ: "Chiliz",
    COMP: "Compound",
    CRV: "Curve DAO Token",
    DASH: "Dash",
    EOS: "EOS",
    FET: "Artificial Superintelligence Alliance",
    FLOW: "Flow",
    GRT: "The Graph",
    IMX: "Immutable",
    IOTA: "IOTA",
    KSM: "Kusama",
    LDO: "Lido DAO",
    LRC: "Loopring",
    MKR: "Maker",
    NEO: "Neo",
    PEPE: "Pepe",
    QTUM: "Qtum",
    RENDER: "Render",
    RUNE: "THORChain",
    SNX: "Synthetix",
    STX: "Stacks",
    SUSHI: "SushiSwap",
    THETA: "Theta Network",
    YFI: "yearn.finance",
    ZEC: "Zcash",
    ZRX: "0x Protocol",
    "1INCH": "1inch",
  },
  4: {
    BSV: "Bitcoin SV",
    BTT: "BitTorrent (before the redenomination)",
    BTTC: "BitTorrent",
    GLM: "Golem",
    GNT: "Golem (before the migration)",
    LEND: "Aave (before the redenomination)",
    NANO: "Nano (before the renaming)",
    RNDR: "Render (before the renaming)",
    XNO: "Nano",
  },
};

const OTHERS: Readonly<Record<Exclude<AssetCategory, "CRYPTO">, Names>> = {
  CURRENCY: {
    USD: "US dollar",
    EUR: "Euro",
    GBP: "Pound sterling",
    JPY: "Japanese yen",
    CHF: "Swiss franc",
    CAD: "Canadian dollar",
    AUD: "Australian dollar",
    TRY: "Turkish lira",
    BRL: "Brazilian real",
    KRW: "South Korean won",
  },
  COMMODITY: { XAU: "Gold", XAG: "Silver" },
  STOCK: {
    AAPL: "Apple",
    AMZN: "Amazon",
    COIN: "Coinbase Global",
    GOOGL: "Alphabet (class A)",
    META: "Meta Platforms",
    MSFT: "Microsoft",
    MSTR: "Strategy",
    NVDA: "NVIDIA",
    TSLA: "Tesla",
  },
};

/**
 * Names that mean one asset wherever they are used. A name that is also the ticker of another
 * asset does not belong here: asked for, that one would silently become another.
 */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  BTC: ["XBT"],
  DOGE: ["XDG"],
  BCH: ["BCHABC"],
  BSV: ["BCHSV"],
  IOTA: ["MIOTA"],
};

/** Who took whose place. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  MATIC: "POL",
  NANO: "XNO",
  BTT: "BTTC",
  LEND: "AAVE",
  GNT: "GLM",
  RNDR: "RENDER",
};

/**
 * When the successor took its place, unix seconds, where it was one day for all: exchanges changed
 * their markets on days of their own, which table `markets` can tell.
 */
const VALID_UNTIL: Readonly<Record<string, number>> = { MATIC: Date.UTC(2024, 8, 4) / 1_000 };

function assetsOf(names: Names, category: AssetCategory, tier: Tier): Asset[] {
  return Object.entries(names).map(([ticker, name]) => ({
    ticker,
    name,
    category,
    tier,
    assigned: "table",
    aliases: ALIASES[ticker] ?? [],
    successor: SUCCESSORS[ticker] ?? null,
    valid_from: null,
    valid_until: VALID_UNTIL[ticker] ?? null,
  }));
}

/** What is known of assets before anybody told. */
export const TABLE_ASSETS: readonly Asset[] = [
  ...assetsOf(CRYPTO[1], "CRYPTO", 1),
  ...assetsOf(CRYPTO[2], "CRYPTO", 2),
  ...assetsOf(CRYPTO[3], "CRYPTO", 3),
  ...assetsOf(CRYPTO[4], "CRYPTO", TIER_BY_DEFAULT),
  ...assetsOf(OTHERS.CURRENCY, "CURRENCY", TIER_BY_DEFAULT),
  ...assetsOf(OTHERS.COMMODITY, "COMMODITY", TIER_BY_DEFAULT),
  ...assetsOf(OTHERS.STOCK, "STOCK", TIER_BY_DEFAULT),
];

const BY_TICKER: ReadonlyMap<string, Asset> = new Map(
  TABLE_ASSETS.map((asset) => [asset.ticker, asset]),
);

/** What the table says of `ticker`, or of one that it does not have. */
export function tableAsset(ticker: string): Asset {
  return BY_TICKER.get(ticker) ?? unknownAsset(ticker);
}
