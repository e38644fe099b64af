/** Places in the memory that the interrupter's thread shares with the main one: interrupts that came in, and that were seen. */
export const askedIndex = 0;
export const answeredIndex = 1;
