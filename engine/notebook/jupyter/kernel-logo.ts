/** What Lab's launcher shows: an open book with a stitched spine. */
export const kernelLogo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<path fill="#2b5c8a" d="M6 12q14-4 26 4v40q-12-8-26-4z"/>
<path fill="#3f7fb8" d="M58 12q-14-4-26 4v40q12-8 26-4z"/>
<path fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-dasharray="5 6" d="M32 19v34"/>
<path fill="none" stroke="#fff" stroke-width="2.5" stroke-linecap="round" d="M12 22q7-1 13 2M12 31q7-1 13 2M39 41l5-6 4 3 5-9"/>
</svg>
`;
