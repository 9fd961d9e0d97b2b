/** An article of the newspaper: its first paragraph is free, the whole costs `price`. */
export interface Article {
  readonly slug: string
  readonly section: string
  readonly title: string
  readonly standfirst: string
  readonly author: string
  readonly minutes: number
  /** Dollars, like "$0.02". */
  readonly price: string
  /** The network that it is paid on; Base Sepolia by default. */
  readonly on?: 'solana-devnet'
  readonly paragraphs: readonly [string, ...string[]]
}

export const tideClock: Article = {
  slug: 'the-tide-clock',
  section: 'Crafts',
  title: 'The Woman Who Winds the Tide',
  standfirst: 'Every morning at six, Ada Penhallow climbs ninety steps to correct the sea.',
  author: 'Ruth Ellery',
  minutes: 2,
  price: '$0.02',
  paragraphs: [
    'The tide clock on the harbour office at Little Harrow has one hand, no numerals and an error of about four minutes a day. It has had all three since 1871. What it has not had, until Ada Penhallow took the key, is anybody who minded.',
    '“A clock that tells you the time is a luxury,” she says, halfway up the tower and not out of breath. “A clock that tells you the water is a tool. You keep a tool sharp.” She carries a tin of whale-free whale oil, a bicycle lamp, and a notebook in which every correction since her first is written down in pencil: two thousand and eleven of them, none longer than a line.',
    'The mechanism is simpler than it sounds. A wheel turns once for every lunar day, which is fifty minutes longer than ours, and a weight the size of a loaf of bread keeps it honest. What it cannot know is the wind. A stiff southerly holds the water in the bay, and the clock, which believes only in the moon, runs ahead of the truth.',
    'So each morning she looks down at the harbour wall, counts the wet stones, and moves the hand. The trawlers, which all carry satellite receivers, still wait for her to do it. Nobody could say quite why. One skipper thought about it for some time. “The receiver tells me what ought to happen,” he said. “Ada tells me what did.”',
    'She has been asked to train an apprentice. She has bought a second notebook.',
  ],
}

export const tollBridge: Article = {
  slug: 'the-farthing-bridge',
  section: 'The long read',
  title: 'The Bridge That Cost a Farthing',
  standfirst: 'For eighty years a town paid by the crossing. Then it became free, and nobody noticed what it cost.',
  author: 'Jonas Adeyemi-Holt',
  minutes: 3,
  price: '$0.35',
  paragraphs: [
    'There is a brass slot in the eastern parapet of the bridge at Sallow Ferry, polished by eighty years of thumbs. It is exactly as wide as a farthing. Nothing else ever fitted it, which was the point: nobody could overpay, and nobody had to wait for change.',
    'The engineer, Miss Constance Wray, had no money to build a bridge and no patience for a committee. She borrowed against the slot. Every coin dropped through a brass pipe into a locked cellar, where a wheel counted it, and once a week the count was chalked on a board for anyone to check against the loan. People who would not have given a shilling to a subscription gave a farthing without breaking step.',
    'Her letters show that she thought hard about the size of it. A penny, she wrote, would be a decision. A man stops at a penny, and looks at the river, and wonders whether he needs to cross. “I want a price so small that the only question left is whether one would like to be on the other side.”',
    'The loan was cleared in eleven years. The slot stayed, and paid for the lamps, then the school, then a ferry for the days when the river rose over the road. When the coin was withdrawn the council, unable to find anything else small enough to charge, declared the crossing free.',
    'It took a decade to notice what had gone. The board had been wiped for the last time, and with it the one number that everybody in town had read. Nobody now knew whether the bridge was busy, or what the lamps cost, or that the eastern pier was moving. The money had been the least of it. The farthing had been how the town paid attention.',
    'Last spring the pier was mended by public appeal, after a single large and anonymous gift. It was welcome, and it was announced with a plaque. On the night it was unveiled somebody climbed up and cleaned the slot.',
  ],
}

/** Paid on Solana, and nowhere else. */
export const lighthouse: Article = {
  slug: 'the-impatient-lighthouse',
  section: 'Science',
  title: 'The Lighthouse That Would Not Wait',
  standfirst: 'It blinks every four tenths of a second, and the harbour has learned to read faster.',
  author: 'Mina Okafor',
  minutes: 1,
  price: '$0.03',
  on: 'solana-devnet',
  paragraphs: [
    'Most lighthouses take their time. Five seconds of dark, one of light, and a ship has finished its tea before it knows where it is. The new lamp at Sallow Point, paid for by nobody in particular, blinks five times while the old one draws breath.',
    'The pilots complained for a week. Then they noticed that a light which says a little, often, is never wrong for long. “You miss one,” says the harbour master, “and there is another before you have finished swearing.”',
    'What it cannot do is repeat itself. Each blink carries the mark of the one before, and after a minute the old marks are painted over. A captain who writes one down and waits too long to use it finds that the lamp no longer knows what he is talking about. Nothing is lost by this but the captain’s temper.',
    'The old lamp still burns beside it, slow and certain. On clear nights people come up to see the two of them together, the one that thinks and the one that does.',
  ],
}

/** The Saturday almanack, sold as a file. */
export const almanack = {
  path: '/downloads/saturday-almanack.pdf',
  title: 'The Saturday Almanack',
  standfirst: 'Tides, a loaf, and a puzzle that has outlived two editors. One page to print and pin up.',
  price: '$0.05',
  sections: [
    {
      heading: 'Water',
      text: 'High at Little Harrow a little after six, morning and evening, and not as high as you would like. The spring tide comes on Tuesday week: move the boat, and tell whoever parks on the slipway that you did say.',
    },
    {
      heading: 'Sky',
      text: 'The moon is a thin one and sets early. If the cloud holds off there will be a good hour for the Pleiades, which are easiest to see when you look slightly away from them, like most things.',
    },
    {
      heading: 'Kitchen: a loaf for people who forget',
      text: 'Stir 500 g of flour, 10 g of salt, a pinch of yeast and 375 g of water in a bowl the night before. Cover it. Forget it. In the morning fold it four times, let it sulk for an hour, and bake it in a lidded pot as hot as the oven goes: thirty minutes with the lid, fifteen without. It is done when it sounds like a door.',
    },
    {
      heading: 'Garden',
      text: 'Plant the garlic now, a hand apart, and mark the row. You think you will remember where it is.',
    },
    {
      heading: 'The puzzle',
      text: 'A shopkeeper has a pair of scales and four weights, and can weigh any whole number of ounces from one to forty. What do the four weights weigh? (The answer is in the question you ask when you allow yourself to use both pans.)',
    },
    {
      heading: 'Last word',
      text: 'Small change is still change.',
    },
  ],
} as const
