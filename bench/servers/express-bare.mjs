import express from 'express';
import { answerOrder } from './answer-order.mjs';
import { serve } from './serve.mjs';

const app = express();
app.get('/orders/:id', answerOrder);
serve(app);
