// Ids of modules and chunks are names within this folder, not numbers made of absolute paths:
// so a build gives the same bytes wherever it is made.
module.exports = {
  optimization: { moduleIds: 'named', chunkIds: 'named' },
};
