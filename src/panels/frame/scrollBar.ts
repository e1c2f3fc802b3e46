/** The room in pixels that a vertical scroll bar may take from a panel's content. */
export const SCROLL_BAR = 16;
