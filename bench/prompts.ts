// What every engine is asked. Plain prose without control tokens, so that every engine makes the same ids of it.

/**
 * About 128 tokens. It ends in a count, so that what follows is beyond doubt: where a model hesitates, correct engines
 * differ by their rounding, and no answer could be called wrong.
 */
const MEDIUM = `The old lighthouse stands on a narrow point of rock where two currents meet. For more than a hundred years a keeper climbed its stairs every evening, filled the lamp with oil, trimmed the wick and wound the clockwork that turned the lens. Ships at sea counted the seconds between two flashes and knew which coast they passed. Today a small computer switches the lamp on. Children from the village still climb the stairs on Sundays and count the steps aloud: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,`;

/** About 400 tokens: the same beginning would be kept in a cache, so it begins otherwise. */
const LONG = `A garden is a slow machine that turns light, water and patience into food. The person who keeps it learns to read small signs long before anything looks wrong: a leaf that curls at noon and stays curled in the evening, a patch of soil that dries faster than the soil around it, a bird that visits one row and never the next. None of these signs means much alone. Together they say what the plants have had too much of and what they lack.

In spring the work is mostly waiting. The ground must be warm before beans are sown, and it is easy to be deceived by one bright week. Experienced gardeners put a hand flat on the bare earth in the morning; if it is pleasant to keep it there for a full minute, the seeds may go in. Peas and spinach do not mind the cold and can be sown while frost is still possible at night. Tomatoes mind it very much and stay behind glass until early summer.

In summer the work is water. A little every day teaches roots to stay near the surface, where the heat reaches them. A lot once a week teaches them to go down. A layer of straw or cut grass between the rows keeps the moisture in, feeds the worms and saves an hour of weeding. The best time to water is early in the morning, because the leaves are dry again before the sun is strong and before the slugs come out.

In autumn the work is keeping. Onions are dried on a rack, apples are wrapped in paper, cabbages are hung by their roots in a cool cellar, and the seeds of the finest plants are put into envelopes with the year written on them. What is left over goes to the compost heap, where it becomes the soil of the year after next. In winter there is nothing to do but to sharpen the tools, to draw a plan and to remember which plants did not do well. The most important lesson that I have learned from my garden is`;

/** A few tokens: wakes an engine up before anything is timed. */
const SHORT = 'The capital of France is';

export const PROMPTS = { short: SHORT, medium: MEDIUM, long: LONG } as const;
export type PromptName = keyof typeof PROMPTS;

/** Tokens that a timed decode makes after its first one. */
export const DECODE_TOKENS = 64;
/** Positions each engine makes room for. */
export const CONTEXT_LENGTH = 1024;
