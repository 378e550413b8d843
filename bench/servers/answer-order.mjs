/** What every route under test answers with. */
export function answerOrder(req, res) {
  res.json({ id: req.params.id, state: 'paid', items: 3 });
}
