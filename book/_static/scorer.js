// How the search orders what it finds: pages before the functions whose names hold the word, for whoever searches
// "gradient" looks for a lecture first.
var Scorer = {
  objNameMatch: 4, objPartialMatch: 1, objPrio: {0: 0, 1: 0, 2: 0}, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
};
