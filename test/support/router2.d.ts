declare module 'router2' {
  type Handle = (req: never, res: never, next: () => void) => void;
  interface OldRouter {
    use(...values: readonly (string | Handle | OldRouter)[]): OldRouter;
    get(path: string, ...handlers: readonly Handle[]): OldRouter;
  }
  export default function router(): OldRouter;
}
